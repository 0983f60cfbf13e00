import { createCache } from '@granary/core'
import { mapStore } from '@granary/testkit'
import { sqlite } from '../../src/index.js'
import { type Child, nextLine, startScript } from '../support/processes.js'
import { sharedNow } from './lines.mjs'

const SCRIPT = new URL('./news.mjs', import.meta.url)
const READERS = 7
/** How long a reader waits for the old value to go, in milliseconds. */
const PATIENCE = 1_000

export interface NewsFigures {
  /** Milliseconds from when the delete was acknowledged to the last read of the old value, of each reader in each round. */
  readonly late: readonly number[]
  /** Readers that still had the old value when their patience ended. */
  readonly never: number
  /** Share of one core that an idle process used. */
  readonly idle: number
}

/** Seven processes read a key from their memory, an eighth deletes it, again and again. */
export async function readWhileDeleted(path: string, rounds: number, feed: 'with' | 'without'): Promise<NewsFigures> {
  const cache = createCache({ layers: [mapStore(), sqlite({ path })], ttl: '1h' })
  const readers = Array.from({ length: READERS }, () => startScript(SCRIPT, [path, feed]))
  const all = <T>(message: object) => Promise.all(readers.map((reader) => ask<T>(reader, message)))
  const late: number[] = []
  let never = 0
  for (let round = 0; round < rounds; round++) {
    const key = `round ${round}`
    await cache.set(key, round)
    await all({ hold: key })
    const watching = all<{ last?: number }>({ watch: key, patience: PATIENCE })
    await new Promise((resolve) => setTimeout(resolve, 20 + Math.random() * 20))
    await cache.delete(key)
    const deleted = sharedNow()
    for (const { last } of await watching) {
      if (last === undefined) never++
      else late.push(Math.max(0, last - deleted))
    }
  }
  const idleFor = 1_000
  const idle = await all<{ cpuMs: number }>({ idle: idleFor })
  for (const { process } of readers) process.stdin.end()
  await Promise.all(readers.map(({ ended }) => ended))
  await cache.close()
  return { late, never, idle: Math.max(...idle.map(({ cpuMs }) => cpuMs)) / idleFor }
}

/** Says something to a process, and gives its answer. */
async function ask<T>(child: Child, message: object): Promise<T> {
  child.process.stdin.write(`${JSON.stringify(message)}\n`)
  return JSON.parse(await nextLine(child)) as T
}
