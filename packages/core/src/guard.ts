import { type Awaitable, isPromise } from './awaitable.js'
import type { Clock } from './clock.js'
import { Overdue } from './overdue.js'
import type { StoreOperation } from './store.js'

export type FailureListener = (operation: StoreOperation, error: unknown) => void

/**
 * Calls a store so that nothing it does reaches a caller as an exception: what it throws, rejects with, or does not answer
 * in its time is told to the listener, and the caller gets what stands for a failure.
 */
export class Guard {
  readonly #overdue: Overdue | undefined
  readonly #listener: FailureListener

  /** @param longestWait in ms; `undefined` for no limit */
  constructor(longestWait: number | undefined, clock: Clock, listener: FailureListener) {
    this.#overdue = longestWait === undefined ? undefined : new Overdue(clock, longestWait)
    this.#listener = listener
  }

  /** What `next` makes of the call's result, or `otherwise` if either of them fails. */
  call<T, R>(operation: StoreOperation, otherwise: R, run: () => Awaitable<T>, next: (result: T) => R): Awaitable<R> {
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
