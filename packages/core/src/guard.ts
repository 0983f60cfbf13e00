import { type Awaitable, isPromise } from './awaitable.js'
import type { Clock } from './clock.js'
import { Overdue } from './overdue.js'
import type { StoreOperation } from './store.js'

export type FailureListener = (layer: string, operation: StoreOperation, error: unknown) => void

/** Longest wait for one operation of a store, in milliseconds. */
const LONGEST_WAIT = 10_000

/**
 * Calls a store so that nothing it does reaches a caller as an exception: what it throws, rejects with, or does not answer
 * within 10 s is told to the listener, and the caller gets what stands for a failure.
 */
export class Guard {
  readonly #layer: string
  readonly #overdue: Overdue
  readonly #listener: FailureListener

  constructor(layer: string, clock: Clock, listener: FailureListener) {
    this.#layer = layer
    this.#overdue = new Overdue(clock, LONGEST_WAIT)
    this.#listener = listener
  }

  /** The call's result, or `otherwise`. */
  call<T>(operation: StoreOperation, otherwise: T, run: () => Awaitable<T>): Awaitable<T> {
    const fail = (error: unknown): T => {
      this.tell(operation, error)
      return otherwise
    }
    try {
      const result = run()
      return isPromise(result) ? this.#overdue.limit(result).catch(fail) : result
    } catch (error) {
      return fail(error)
    }
  }

  tell(operation: StoreOperation, error: unknown): void {
    this.#listener(this.#layer, operation, error)
  }
}
