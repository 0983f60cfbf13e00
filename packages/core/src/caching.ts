import type { Ttl } from './duration.js'
import { FRESHNESS_OPTIONS, type FreshnessOptions, freshnessFrom, NO_REFRESH } from './freshness.js'
import { checkOptions } from './options.js'

/** How a worker caches. Set on the class, and overridden, option by option, in the constructor. */
export interface Caching extends FreshnessOptions {
  /** Time to live of the outputs. Default: the cache's. */
  readonly ttl?: Ttl
  /** Version of the algorithm: part of the key, so that a new one does not see old outputs. Default: `''`. */
  readonly version?: string
  /** Tags under which all outputs of the worker can be invalidated. Default: none. */
  readonly tags?: readonly string[]
  /** Tells an `explain` event for every run: the key, hit or miss, and why. It asks the stores once more each time. Default: false. */
  readonly debug?: boolean
  /** Own fields of the worker on which its outputs do not depend, such as a client or a counter: no warning for them. Default: none. */
  readonly outsideKey?: readonly string[]
}

const CACHING_OPTIONS = ['ttl', 'version', 'tags', 'debug', 'outsideKey', ...FRESHNESS_OPTIONS]

/**
 * The options of a class under those given to its constructor.
 *
 * @throws GranaryError `INVALID_OPTION` for one that there is not
 */
export function cachingOf(worker: string, ofClass: Caching, given: Caching | undefined): Caching {
  const caching = { ...ofClass, ...given }
  checkOptions(`caching of worker ${worker}`, caching, CACHING_OPTIONS)
  freshnessFrom(caching, NO_REFRESH)
  return caching
}
