import { setTimeout as wait } from 'node:timers/promises'
import { createCache } from '@granary/core'
import { sqlite } from '../../src/index.js'
import { blocked } from '../support/event-loop.js'
import { type Child, nextLine, startScript } from '../support/processes.js'

const SCRIPT = new URL('./lock-holder.mjs', import.meta.url)
const LOOP_EVERY = 2

/** What the holder keeps: SQLite's write lock, or the whole file, as while it is created or recovered. */
export type Held = 'write' | 'everything'

export interface StopFigures {
  /** Milliseconds that the event loop was blocked at most. */
  blocked: number
  reads: number
  /** Reads that were no hit; each is a miss in the cache's statistics. */
  misses: number
  countedMisses: number
  /** What the first `set` answered, and after how many milliseconds. */
  acknowledged: boolean
  answeredAfter: number
  /** Failures of the layer that were told. */
  failures: number
  /** Milliseconds from the lock's release until a `set` was acknowledged. */
  recoveredAfter: number
}

/**
 * Reads and writes a file while a process that has its lock is stopped (SIGSTOP), for so many milliseconds or until the
 * first `set` is answered, and then lets it go on.
 */
export async function underStoppedHolder(path: string, held: Held, ms = Infinity): Promise<StopFigures> {
  const cache = createCache({ layers: [sqlite({ path })] })
  let failures = 0
  cache.on(({ type }) => void (type === 'failure' && failures++))
  await cache.set('key', 'value')
  // Whoever has the file open keeps others from taking all of it.
  if (held === 'everything') await cache.close()
  const holder = await stoppedHolder(path, held)
  const late = createCache({ layers: [sqlite({ path })] })
  late.on(({ type }) => void (type === 'failure' && failures++))
  const subject = held === 'everything' ? late : cache

  let reads = 0
  let misses = 0
  let acknowledged: boolean | undefined
  const began = performance.now()
  const elapsed = () => performance.now() - began
  let answeredAfter = 0
  const answer = subject.set('other', 'value').then((answer) => {
    acknowledged = answer
    answeredAfter = elapsed()
  })
  const { max } = await blocked(async () => {
    while (acknowledged === undefined && elapsed() < ms) {
      reads++
      if ((await subject.get('key')) !== 'value') misses++
      await wait(LOOP_EVERY)
    }
  })
  const released = performance.now()
  await letGo(holder)
  await answer
  while (!(await subject.set('key', 'value'))) await wait(LOOP_EVERY)
  const recoveredAfter = performance.now() - released
  const { misses: countedMisses } = await subject.stats()
  await Promise.all([cache.close(), late.close()])
  return {
    ...{ blocked: max, reads, misses, countedMisses, acknowledged: acknowledged === true, answeredAfter },
    ...{ failures, recoveredAfter },
  }
}

async function stoppedHolder(path: string, held: Held): Promise<Child> {
  const child = startScript(SCRIPT, [path, held])
  await nextLine(child)
  child.process.kill('SIGSTOP')
  return child
}

async function letGo(holder: Child): Promise<void> {
  holder.process.stdin.end()
  holder.process.kill('SIGCONT')
  await holder.ended
}
