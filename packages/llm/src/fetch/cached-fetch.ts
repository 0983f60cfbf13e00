import type { CallPolicy } from '../call-policy.js'
import type { Cassette } from '../cassette/cassette.js'
import type { FetchInput } from '../request.js'
import type { Savings } from '../savings.js'
import type { CachedFetchOptions } from './fetch-options.js'
import { Fetching } from './fetching.js'

/** A `fetch` that answers the calls of models from a cache. Everything else passes through it untouched. */
export interface CachedFetch {
  (input: FetchInput, init?: RequestInit): Promise<Response>
  /** Runs a function whose calls have this policy, also those that an SDK makes on its behalf. */
  with<T>(policy: CallPolicy, fn: () => T): T
  /** What was spent and saved through it in this process, in tokens and US dollars. */
  savings(): Savings
  /** Deletes what was answered in a scope, or what was answered in none. */
  clear(scope?: string): Promise<void>
  /** The cassette, if it has one. */
  readonly cassette: Cassette | undefined
}

/**
 * Makes the `fetch` to give to an SDK: `new OpenAI({ fetch: cachedFetch({ cache }) })`. Answers live one day unless told
 * otherwise, in the namespace `llm` of the cache.
 *
 * @throws GranaryError `INVALID_OPTION`
 */
export function cachedFetch(options: CachedFetchOptions): CachedFetch {
  const fetching = new Fetching(options)
  return Object.assign((input: FetchInput, init?: RequestInit) => fetching.fetch(input, init), {
    with: <T>(policy: CallPolicy, fn: () => T): T => fetching.surrounding.with(policy, fn),
    savings: () => fetching.ledger.snapshot(),
    clear: (scope?: string) => fetching.namespaces.of(scope).clear(),
    cassette: fetching.cassette,
  })
}
