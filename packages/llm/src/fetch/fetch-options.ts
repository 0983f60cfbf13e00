import { type Cache, type Clock, checkOptions, GranaryError, type Ttl } from '@granary/core'
import { type CallPolicy, checkPolicy } from '../call-policy.js'
import type { Prices } from '../prices.js'
import type { KeyOptions } from '../request-key.js'

export interface CachedFetchOptions extends CallPolicy, KeyOptions {
  /** Where answers are kept. May be left out with a cassette. */
  readonly cache?: Cache
  /** The file of the modes `'record'` and `'replay'`: `'test/cassettes/summary.yaml'`. */
  readonly cassette?: string
  /** What else is a secret, beside what looks like one: taken out before anything is written to the cassette. Default: none. */
  readonly scrub?: readonly (string | RegExp)[]
  /** What asks the provider. Default: the global `fetch`. */
  readonly fetch?: typeof globalThis.fetch
  /** US dollars for a million tokens, by model; go before {@link PRICES}. Default: none. */
  readonly prices?: Prices
  /** Lets messages show what was asked. Default: false. */
  readonly debug?: boolean
  /** Where the time comes from. Default: the system's clock. */
  readonly clock?: Clock
}

const POLICY = ['mode', 'ttl', 'maxAge', 'sample', 'scope', 'pace'] as const
const OPTIONS = [...POLICY, 'cache', 'cassette', 'scrub', 'fetch', 'prices', 'debug', 'clock', 'ignore', 'keyHeaders']

/** How long answers live unless told otherwise. */
export const DEFAULT_TTL: Ttl = '1d'

/** The policy among the options. @throws GranaryError `INVALID_OPTION` for what a fetch cannot be made of */
export function policyAmong(options: CachedFetchOptions): CallPolicy {
  checkOptions('cachedFetch', options, OPTIONS)
  if (options.cache === undefined && options.cassette === undefined)
    throw new GranaryError('INVALID_OPTION', 'cachedFetch needs a cache, or a cassette: cachedFetch({ cache })')
  return checkPolicy(
    Object.fromEntries(POLICY.flatMap((name) => (options[name] === undefined ? [] : [[name, options[name]]]))),
  )
}
