import { type Awaitable, chain, isPromise } from './awaitable.js'
import { Breaker } from './breaker.js'
import type { Clock } from './clock.js'
import { InFlight } from './in-flight.js'
import { Latencies, type Latency, latencyIn } from './latencies.js'
import { Overdue } from './overdue.js'
import type { StoreOperation, StorePolicy } from './store.js'

/** One read or write in so many is measured; a power of two. */
const MEASURED = 8

export type FailureListener = (operation: StoreOperation, error: unknown) => void

/** Work that takes as long as it takes: nobody waits for a value. */
const UNLIMITED: ReadonlySet<StoreOperation> = new Set(['prune', 'evict'])

/** What a {@link Guard} is made of. */
export interface GuardParts {
  readonly policy: StorePolicy
  readonly clock: Clock
  readonly listener: FailureListener
  /** Asks the store for something, to see whether it answers. */
  readonly probe: () => Awaitable<unknown>
  /** Called when a store that was left alone answers again. */
  readonly back: () => void
}

/**
 * Calls a store so that nothing it does reaches a caller as an exception: what it throws, rejects with, or does not answer
 * in its time is told to the listener, and the caller gets what stands for a failure. So it does, at once and untold, while
 * the store is left alone.
 */
export class Guard {
  readonly #overdue: Overdue | undefined
  readonly #breaker: Breaker | undefined
  readonly #inFlight: InFlight | undefined
  readonly #listener: FailureListener
  readonly #clock: Clock
  readonly #latencies: { get?: Latencies; set?: Latencies } = {}
  #calls = 0

  constructor({ policy, clock, listener, probe, back }: GuardParts) {
    const { longestWait, mostFailures = 0, mostInFlight } = policy
    this.#overdue = longestWait === undefined ? undefined : new Overdue(clock, longestWait)
    this.#inFlight = mostInFlight === undefined ? undefined : new InFlight(mostInFlight)
    const limited = async () => this.#limit('get', probe())
    this.#breaker = mostFailures > 0 ? new Breaker({ clock, mostFailures, probe: limited, back }) : undefined
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

  /** Is the store in use? While it is left alone, it is tried out now and then. */
  admits(): boolean {
    return this.#breaker?.admits() !== false
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
    if (operation !== 'close' && !this.#lets(operation)) return otherwise
    const fail = (error: unknown): R => {
      this.tell(operation, error)
      if (this.#breaker?.failed()) this.tell(operation, new Error('the store is left alone until it answers again'))
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
      return this.#limit(operation, result).then((answer) => {
        this.#breaker?.succeeded()
        return attempt(answer)
      }, fail)
    } catch (error) {
      return fail(error)
    }
  }

  /** May the store be called now? */
  #lets(operation: StoreOperation): boolean {
    if (!this.admits()) return false
    const admitted = this.#inFlight?.admits() ?? true
    if (admitted === 'first') this.tell(operation, new Error('too many calls of the store are under way'))
    return admitted === true
  }

  #limit<T>(operation: StoreOperation, result: Awaitable<T>): Promise<T> {
    const call = Promise.resolve(result)
    this.#inFlight?.track(call)
    return this.#overdue === undefined || UNLIMITED.has(operation) ? call : this.#overdue.limit(call)
  }

  tell(operation: StoreOperation, error: unknown): void {
    this.#listener(operation, error)
  }
}
