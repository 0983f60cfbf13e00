import { isBusy } from './database.js'
import { soon, turnIsYoung } from './turn.js'

/** Writes and bytes in one transaction: more would keep the event loop, and other processes, waiting. */
const MOST_WRITES = 256
const MOST_BYTES = 1024 ** 2

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

/** A write whose outcome somebody waits for. */
export interface AwaitedWrite<T> extends Omit<Write, 'apply'> {
  apply(): T
  /** Turns a failure into an outcome. */
  onFailure?(error: unknown): T
}

// A class, and not an object of closures: a thousand writes at once are as many to allocate and to collect.
class Queued<T = unknown> implements Write {
  readonly changes: Write['changes']
  readonly bytes: number
  readonly atomic: boolean
  readonly settled: Promise<T>
  readonly #write: AwaitedWrite<T>
  #outcome: T | undefined
  #resolve!: (outcome: T) => void
  #reject!: (error: unknown) => void

  constructor(write: AwaitedWrite<T>) {
    this.changes = write.changes
    this.bytes = write.bytes
    this.atomic = write.atomic
    this.#write = write
    this.settled = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
  }

  apply(): void {
    this.#outcome = this.#write.apply()
  }

  settle(): void {
    this.#resolve(this.#outcome as T)
  }

  fail(error: unknown): void {
    const write = this.#write
    if (write.onFailure === undefined) this.#reject(error)
    else this.#resolve(write.onFailure(error))
  }
}

/** The writes of one store, in the order of their calls, many in one transaction (group commit). */
export interface WriteQueue {
  /** Resolves with what `apply` returned once that is committed. */
  add<T>(write: AwaitedWrite<T>): Promise<T>
  /** Is there a write that a read of this key has to see? */
  isPending(key: number): boolean
  /** Bytes that wait to be written. */
  bytes(): number
  /** Resolves when everything that is queued now has settled. */
  drained(): Promise<void>
  /** Writes out what is queued, at once. For process exit. */
  flushNow(): void
}

/**
 * @param commit applies writes in one transaction: the first of them, at least one, and says how many; `isLast` when the
 *   process ends
 */
export function createWriteQueue(commit: (writes: readonly Write[], isLast: boolean) => number): WriteQueue {
  let queue: Queued[] = []
  let bytes = 0
  const newest = new Map<number, Queued>()
  let newestOfAll: Queued | undefined
  let scheduled = false
  let busySince: number | undefined
  let pause = FIRST_PAUSE
  // After a failure, the writes of that batch go one by one, so that only those fail that have to.
  let separately = 0

  function take(): Queued[] {
    if (separately > 0) return queue.slice(0, 1)
    const most = Math.min(queue.length, MOST_WRITES)
    let taken = 0
    let length = 0
    for (; length < most; length++) {
      taken += (queue[length] as Queued).bytes
      if (taken > MOST_BYTES && length > 0) break
    }
    return queue.slice(0, length)
  }

  function leave(batch: readonly Queued[], settle: (write: Queued) => void): void {
    queue = queue.slice(batch.length)
    separately = Math.max(0, separately - batch.length)
    if (queue.length === 0) {
      newest.clear()
      newestOfAll = undefined
    }
    for (const write of batch) {
      bytes -= write.bytes
      if (newest.size > 0 && newest.get(write.changes as number) === write) newest.delete(write.changes as number)
      if (newestOfAll === write) newestOfAll = undefined
      settle(write)
    }
  }

  /** Commits the next batch; `false` when it has to wait for a lock. */
  function advance(isLast = false): boolean {
    const batch = take()
    try {
      leave(batch.slice(0, commit(batch, isLast)), (write) => write.settle())
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
    turnIsYoung()
    while (queue.length > 0) {
      const began = performance.now()
      if (!advance()) {
        scheduled = true
        setTimeout(flush, pause)
        pause = Math.min(pause * 2, LONGEST_PAUSE)
        return
      }
      if (queue.length > 0 && !turnIsYoung(performance.now() - began)) {
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
    add<T>(write: AwaitedWrite<T>): Promise<T> {
      const queued = new Queued(write)
      const { changes } = write
      queue.push(queued as Queued)
      bytes += write.bytes
      if (changes === 'all') newestOfAll = queued as Queued
      else if (changes !== 'none') newest.set(changes, queued as Queued)
      schedule()
      return queued.settled
    },
    bytes: () => bytes,
    isPending: (key) => newestOfAll !== undefined || newest.has(key),
    async drained() {
      await queue.at(-1)?.settled.catch(() => {})
    },
    flushNow() {
      for (let attempt = 0; queue.length > 0 && attempt < LAST_ATTEMPTS; ) if (!advance(true)) attempt++
    },
  }
}
