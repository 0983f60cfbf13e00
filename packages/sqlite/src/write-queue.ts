import { isBusy } from './database.js'
import { soon, turnIsYoung } from './turn.js'

/** Writes and bytes in one transaction: more would keep the event loop, and other processes, waiting. */
const MOST_WRITES = 512
const MOST_BYTES = 4 * 1024 ** 2

/** How long a write waits for a lock that others hold before it fails, in milliseconds, and the pauses between attempts. */
const PATIENCE = 5_000
const FIRST_PAUSE = 5
const LONGEST_PAUSE = 40
/** Attempts at process exit, when nothing can wait. */
const LAST_ATTEMPTS = 20

/** A write that waits for its turn. */
export interface Write {
  /** The hash of the key that it changes; `'all'` when it may change every entry, `'none'` when no read can tell. */
  readonly changes: number | 'all' | 'none'
  readonly bytes: number
  /** It is one atomic statement: alone, it needs no transaction around it. */
  readonly atomic: boolean
  apply(): void
}

interface Queued extends Write {
  readonly settled: Promise<unknown>
  settle(): void
  fail(error: unknown): void
}

/** The writes of one store, in the order of their calls, many in one transaction (group commit). */
export interface WriteQueue {
  /** Resolves with what `apply` returned once that is committed; `onFailure` may turn a failure into an outcome. */
  add<T>(write: Omit<Write, 'apply'> & { apply(): T; onFailure?: (error: unknown) => T }): Promise<T>
  /** Is there a write that a read of this key has to see? */
  isPending(key: number): boolean
  /** Resolves when everything that is queued now has settled. */
  drained(): Promise<void>
  /** Writes out what is queued, at once. For process exit. */
  flushNow(): void
}

export function createWriteQueue(commit: (writes: readonly Write[]) => void): WriteQueue {
  let queue: Queued[] = []
  const newest = new Map<number, Queued>()
  let newestOfAll: Queued | undefined
  let scheduled = false
  let busySince: number | undefined
  let pause = FIRST_PAUSE
  // After a failure, the writes of that batch go one by one, so that only those fail that have to.
  let separately = 0

  function take(): Queued[] {
    if (separately > 0) return queue.slice(0, 1)
    let bytes = 0
    let length = 0
    for (; length < Math.min(queue.length, MOST_WRITES); length++) {
      bytes += (queue[length] as Queued).bytes
      if (bytes > MOST_BYTES && length > 0) break
    }
    return queue.slice(0, length)
  }

  function leave(batch: readonly Queued[], settle: (write: Queued) => void): void {
    queue = queue.slice(batch.length)
    separately = Math.max(0, separately - batch.length)
    for (const write of batch) {
      if (typeof write.changes === 'number' && newest.get(write.changes) === write) newest.delete(write.changes)
      if (newestOfAll === write) newestOfAll = undefined
      settle(write)
    }
  }

  /** Commits the next batch; `false` when it has to wait for a lock. */
  function advance(): boolean {
    const batch = take()
    try {
      commit(batch)
      leave(batch, (write) => write.settle())
    } catch (error) {
      if (isBusy(error) && mayWait()) return false
      if (isBusy(error)) leave(queue, (write) => write.fail(error))
      else if (batch.length === 1) leave(batch, (write) => write.fail(error))
      else separately = batch.length
    }
    busySince = undefined
    pause = FIRST_PAUSE
    return true
  }

  function mayWait(): boolean {
    busySince ??= performance.now()
    return performance.now() - busySince < PATIENCE
  }

  function flush(): void {
    scheduled = false
    while (queue.length > 0) {
      if (!advance()) {
        scheduled = true
        setTimeout(flush, pause)
        pause = Math.min(pause * 2, LONGEST_PAUSE)
        return
      }
      if (queue.length > 0 && !turnIsYoung()) {
        schedule()
        return
      }
    }
  }

  function schedule(): void {
    if (scheduled) return
    scheduled = true
    soon(flush)
  }

  return {
    add({ changes, bytes, atomic, apply, onFailure }) {
      type T = ReturnType<typeof apply>
      const { promise, resolve, reject } = Promise.withResolvers<T>()
      let outcome: T
      const write: Queued = {
        ...{ changes, bytes, atomic, settled: promise },
        apply() {
          outcome = apply()
        },
        settle: () => resolve(outcome),
        fail: (error) => (onFailure === undefined ? reject(error) : resolve(onFailure(error))),
      }
      queue.push(write)
      if (changes === 'all') newestOfAll = write
      else if (changes !== 'none') newest.set(changes, write)
      schedule()
      return promise
    },
    isPending: (key) => newestOfAll !== undefined || newest.has(key),
    async drained() {
      await queue.at(-1)?.settled.catch(() => {})
    },
    flushNow() {
      for (let attempt = 0; queue.length > 0 && attempt < LAST_ATTEMPTS; ) if (!advance()) attempt++
    },
  }
}
