import type { Awaitable } from './awaitable.js'
import type { Ttl } from './duration.js'
import type { Entry } from './entry.js'
import { GranaryError } from './errors.js'
import { checkName } from './namespace.js'

/** The value that is to be refreshed, and what is known of its entry. */
export type Stale<V = unknown> = Readonly<Omit<Entry<V>, 'since'>>

/** What a computation is given: what it may ask, and what it may say about its own result. */
export interface Computation {
  /** Aborts when nobody waits for the result any more, or at the deadline. */
  readonly signal: AbortSignal
  /** The value that is there already and is being refreshed, for a conditional request; `undefined` if there is none. */
  readonly stale: Stale | undefined
  /**
   * Time to live of the result; overrides the call's. One that is none (0, NaN, negative, `'soon'`) means: do not store.
   * It is counted as a refusal and not thrown: the computation has been paid for.
   */
  ttl: Ttl | undefined
  /** Cost of the computation, in a unit of the user's choice. Default: 0. */
  cost: number
  /** Set to false to give the result to the callers without storing it. */
  store: boolean
  /** The tags that the result will have: the call's, and those added since. */
  readonly tags: readonly string[]
  /**
   * Adds tags to the result.
   *
   * @throws GranaryError `INVALID_KEY` for a tag that is empty, longer than 1,024 characters or not well-formed
   */
  tag(...tags: readonly string[]): void
  /**
   * What to return when the stale value still holds, as after a reply 304: `return run.notModified()`. The value begins a
   * new life as if it had been computed now. Typed `never`, so that it fits into any result.
   *
   * @throws GranaryError `NOTHING_STALE` where `run.stale` is `undefined`
   */
  notModified(): never
}

/** What {@link Computation.notModified} gives; the engine recognises it. */
export const NOT_MODIFIED: unique symbol = Symbol('not modified')

/** The {@link Computation} that the engine gives and reads again at the end. */
export class CurrentComputation implements Computation {
  ttl: Ttl | undefined
  cost = 0
  store = true
  /** The result was read, in a way that the engine does not know, and not computed. See `own-storage.ts`. */
  replayed = false
  /** Stores the result in the engine's place, by calling `write`. See `own-storage.ts`. */
  save: ((write: (value: unknown) => Awaitable<boolean>) => Awaitable<unknown>) | undefined
  readonly #tags: Set<string>
  readonly #signal: () => AbortSignal
  readonly #old: () => Stale | undefined
  #stale: Stale | undefined

  /** @param old makes what `stale` gives, when it is first asked for */
  constructor(tags: readonly string[], signal: () => AbortSignal, old: () => Stale | undefined = () => undefined) {
    this.#tags = new Set(tags)
    this.#signal = signal
    this.#old = old
  }

  get signal(): AbortSignal {
    return this.#signal()
  }

  get stale(): Stale | undefined {
    this.#stale ??= this.#old()
    return this.#stale
  }

  get tags(): readonly string[] {
    return [...this.#tags]
  }

  tag(...tags: readonly string[]): void {
    for (const tag of tags) {
      checkName(tag, 'tag')
      this.#tags.add(tag)
    }
  }

  notModified(): never {
    if (this.stale !== undefined) return NOT_MODIFIED as never
    throw new GranaryError(
      'NOTHING_STALE',
      'run.notModified() was called where there is nothing stale to renew: look at run.stale first',
    )
  }
}
