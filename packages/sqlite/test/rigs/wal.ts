import { statSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import { createCache } from '@granary/core'
import { sqlite } from '../../src/index.js'
import { blocked } from '../support/event-loop.js'
import { nextLine, startScript } from '../support/processes.js'

const SCRIPT = new URL('./snapshot-reader.mjs', import.meta.url)
const WRITERS = 16

export interface WalFigures {
  /** The WAL at its longest, in bytes. */
  walBytes: number
  written: number
  acknowledged: number
  refused: number
  /** Reads while nothing could be written, and how many of them were hits. */
  reads: number
  hits: number
  /** Milliseconds that the event loop was blocked at most. */
  blocked: number
  /** Milliseconds from when the reader let go until a `set` was acknowledged. */
  recoveredAfter: number
}

/**
 * Sets values for so many milliseconds, 16 at a time, the next as soon as one is answered, while another process keeps a
 * read transaction open: nothing that is written meanwhile can leave the WAL.
 */
export async function writeUnderReader(path: string, valueBytes: number, ms: number): Promise<WalFigures> {
  const cache = createCache({ layers: [sqlite({ path })] })
  await cache.set('before', 'value')
  const reader = startScript(SCRIPT, [path])
  await nextLine(reader)
  const figures: WalFigures = {
    ...{ walBytes: 0, written: 0, acknowledged: 0, refused: 0, reads: 0, hits: 0, blocked: 0, recoveredAfter: 0 },
  }
  const end = performance.now() + ms
  const write = async (writer: number): Promise<void> => {
    for (let i = 0; performance.now() < end; i++) {
      const isKept = await cache.set(`${writer} ${i}`, new Uint8Array(valueBytes))
      figures[isKept ? 'acknowledged' : 'refused']++
      figures.written += isKept ? valueBytes : 0
    }
  }
  const watch = async (): Promise<void> => {
    while (performance.now() < end) {
      figures.walBytes = Math.max(figures.walBytes, statSync(`${path}-wal`).size)
      figures.reads++
      if ((await cache.get('before')) === 'value') figures.hits++
      await wait(2)
    }
  }
  const { max } = await blocked(() => Promise.all([watch(), ...Array.from({ length: WRITERS }, (_, i) => write(i))]))
  figures.blocked = max
  reader.process.stdin.end()
  await reader.ended
  const released = performance.now()
  while (!(await cache.set('after', 'value')) && performance.now() < released + 60_000) await wait(2)
  figures.recoveredAfter = performance.now() - released
  await cache.close()
  return figures
}
