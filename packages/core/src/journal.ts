import type { Awaitable } from './awaitable.js'
import type { Mark } from './mark.js'
import type { Refusal } from './refusal.js'

/**
 * What became of a key's entry, as far as it is certain. Times are milliseconds since the Unix epoch.
 *
 * | cause | what happened |
 * | --- | --- |
 * | `kept` | it is there |
 * | `never-stored` | nothing was stored under the key since `since`, when the records begin |
 * | `expired` | its time to live, with its grace, ended at `at` |
 * | `evicted` | the store removed it before that, to keep its limits |
 * | `deleted` | it was deleted |
 * | `invalidated` | its namespace, or a tag of it, was invalidated: `by` |
 * | `refused` | the value that was computed last was not kept, for `reason` |
 * | `failed` | the computation that ran last rejected |
 * | `unknown` | the records do not reach back that far, or do not say |
 */
export type Fate =
  | { readonly cause: 'kept' }
  | { readonly cause: 'never-stored'; readonly since: number }
  | { readonly cause: 'expired'; readonly at: number }
  | { readonly cause: 'evicted'; readonly at: number }
  | { readonly cause: 'deleted'; readonly at: number }
  | { readonly cause: 'invalidated'; readonly at: number; readonly by: Mark }
  | { readonly cause: 'refused'; readonly at: number; readonly reason: Refusal }
  | { readonly cause: 'failed'; readonly at: number }
  | { readonly cause: 'unknown' }

/** Why nothing was kept of a computation. */
export type Unkept = Refusal | 'computation-failed'

/** The digests of the parts that a key was made of; see `key-parts.ts`. */
export interface PartsRecord {
  /** The physical key. */
  readonly key: string
  /** Path of the namespace within which keys are compared: of a worker, or of a cached function. */
  readonly group: string
  readonly digests: Uint8Array
}

/**
 * A store's records of what became of keys, for {@link Cache.explain}: bounded, kept with the entries, and paid for when an
 * entry goes and not when it is set.
 */
export interface Journal {
  /**
   * Records that nothing was kept, unless an older value is still there. In its place among the writes.
   *
   * @param at when, in milliseconds since the Unix epoch
   */
  note(key: string, why: Unkept, at: number): Awaitable<void>
  /** What is known of a key. In its place among the writes. */
  fate(key: string): Awaitable<Fate>
  /** Keeps parts of keys; of the oldest, there may be none later. */
  keepParts(parts: readonly PartsRecord[]): Awaitable<void>
  /** Parts of keys of a group that have an entry, the newest first: some hundreds at most. */
  parts(group: string): Awaitable<readonly PartsRecord[]>
  /** What parts are digested with, so that small ones cannot be guessed from the digests. Not kept where they are. */
  secret(): Awaitable<string>
}
