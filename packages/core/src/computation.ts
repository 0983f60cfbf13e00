import type { Ttl } from './duration.js'
import { checkName } from './namespace.js'

/** What a computation is given: what it may ask, and what it may say about its own result. */
export class Computation {
  /**
   * Time to live of the result; overrides the call's. One that is none (0, NaN, negative, `'soon'`) means: do not store.
   * It is counted as a refusal and not thrown: the computation has been paid for.
   */
  ttl: Ttl | undefined
  /** Cost of the computation, in a unit of the user's choice. Default: 0. */
  cost = 0
  /** Set to false to give the result to the callers without storing it. */
  store = true
  readonly #tags: Set<string>
  readonly #signal: () => AbortSignal

  constructor(tags: readonly string[], signal: () => AbortSignal) {
    this.#tags = new Set(tags)
    this.#signal = signal
  }

  /** Aborts when nobody waits for the result any more, or at the deadline. */
  get signal(): AbortSignal {
    return this.#signal()
  }

  /** The tags that the result will have: the call's, and those added since. */
  get tags(): readonly string[] {
    return [...this.#tags]
  }

  /**
   * Adds tags to the result.
   *
   * @throws GranaryError `INVALID_KEY` for a tag that is empty, longer than 1,024 characters or not well-formed
   */
  tag(...tags: readonly string[]): void {
    for (const tag of tags) {
      checkName(tag, 'tag')
      this.#tags.add(tag)
    }
  }
}
