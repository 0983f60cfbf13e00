import type { Delivery } from './delivery.js'

/** Work that failed: which, on what, and why. Nothing was published by it. */
export class Failure {
  /** What was thrown, unchanged; after retries, the last. */
  readonly error: unknown
  /** Name of the worker, join or sink that failed. */
  readonly worker: string
  /** How often it was tried. */
  readonly attempts: number
  readonly #delivery: Delivery

  constructor(worker: string, delivery: Delivery, error: unknown, attempts: number) {
    this.worker = worker
    this.error = error
    this.attempts = attempts
    this.#delivery = delivery
  }

  /** What it failed on, with where that came from; for a join, the task that its parts came from. */
  get delivery(): Delivery {
    return this.#delivery
  }

  /** The path of tasks that led there, by their types and the workers between: `file → read → document → summarize`. */
  toString(): string {
    const steps = this.#delivery.path().flatMap(({ worker, task }) => [...(worker ? [worker] : []), task.$type])
    return [...steps, this.worker].join(' → ')
  }
}

/** Rejects a run that stops at its first failure, which is the `cause`'s. The message names types and workers, no data. */
export class GraphError extends Error {
  override readonly name = 'GraphError'
  readonly failure: Failure

  constructor(failure: Failure) {
    super(`the graph stopped at a failure: ${failure}`, { cause: failure.error })
    this.failure = failure
  }
}
