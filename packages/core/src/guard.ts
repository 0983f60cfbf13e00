import { type Awaitable, chain, isPromise } from './awaitable.js'
import type { Clock } from './clock.js'
import { Latencies, type Latency, latencyIn } from './latencies.js'
import { Overdue } from './overdue.js'
import type { StoreOperation } from './store.js'

/** One read or write in so many is measured; a power of two. */
const MEASURED = 8

export type FailureListener = (operation: StoreOperation, error: unknown) => void

/**
 * Calls a store so that nothing it does reaches a caller as an exception: what it throws, rejects with, or does not answer
 * in its time is told to the listener, and the caller gets what stands for a failure.
 */
export class Guard {
  readonly #overdue: Overdue | undefined
  readonly #listener: FailureListener
  readonly #clock: Clock
  readonly #latencies: { get?: Latencies; set?: Latencies } = {}
  #calls = 0

  /** @param longestWait in ms; `undefined` for no limit */
  constructor(longestWait: number | undefined, clock: Clock, listener: FailureListener) {
    this.#overdue = longestWait === undefined ? undefined : new Overdue(clock, longestWait)
    this.#listener = listener
    this.#clock = clock
  }

  /** How long reads and writes took, of those that were measured. */
  get latency(): { get: Latency; set: Latency } {
    return { get: latencyIn(this.#latencies.get), set: latencyIn(this.#latencies.set) }
  }

  /** What `next` makes of the call's result, or `otherwise` if either of them fails. */
  call<T, R>(operation: StoreOperation, otherwise: R, run: () => Awaitable<T>, next: (result: T) => R): Awaitable<R> {
    const isMeasured = (operation === 'get' || operation === 'set') && (this.#calls++ & (MEASURED - 1)) === 0
    return isMeasured
      ? this.#measured(operation, () => this.#call(operation, otherwise, run, next))
      : this.#call(operation, otherwise, run, next)
  }

  #measured<R>(operation: 'get' | 'set', call: () => Awaitable<R>): Awaitable<R> {
    const began = this.#clock.now()
    return chain(call(), (result) => {
      this.#latencies[operation] ??= new Latencies()
      this.#latencies[operation].record(this.#clock.now() - began)
      return result
    })
  }

  #call<T, R>(operation: StoreOperation, otherwise: R, run: () => Awaitable<T>, next: (result: T) => R): Awaitable<R> {
    const fail = (error: unknown): R => {
      this.tell(operation, error)
      return otherwise
    }
    const attempt = (result: T): R => {
      try {
        return next(result)
      } catch (error) {
        return fail(error)
      }
    }
    try {
      const result = run()
      if (!isPromise(result)) return attempt(result)
      return (this.#overdue === undefined ? result : this.#overdue.limit(result)).then(attempt, fail)
    } catch (error) {
      return fail(error)
    }
  }

  tell(operation: StoreOperation, error: unknown): void {
    this.#listener(operation, error)
  }
}
