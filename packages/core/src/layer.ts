import { type Duration, parseDuration, parseTtl, type Ttl } from './duration.js'
import { checkOptions } from './options.js'
import type { Store } from './store.js'
import { wrapStore } from './wrap-store.js'

/** What one place in a layered store does differently from the others. */
export interface LayerPolicy {
  /** Longest life of an entry in this layer, from when it is stored there; a shorter one is kept. Default: no cap. */
  readonly ttl?: Ttl
  /** Longest wait for one operation of this layer; after it, it is a failure, and so a miss. Default: no limit. */
  readonly timeout?: Duration
}

/**
 * A store with the policy of its place. A policy wraps a store and gives a store.
 *
 * @throws GranaryError `INVALID_OPTION`
 */
export function layer<V>(store: Store<V>, policy: LayerPolicy): Store<V> {
  checkOptions('layer', policy, ['ttl', 'timeout'])
  const { longestLife = Number.POSITIVE_INFINITY, longestWait = Number.POSITIVE_INFINITY } = store
  const life = policy.ttl === undefined ? longestLife : Math.min(longestLife, parseTtl(policy.ttl, 'layer ttl'))
  const wait =
    policy.timeout === undefined ? longestWait : Math.min(longestWait, parseDuration(policy.timeout, 'layer timeout'))
  if (life === longestLife && wait === longestWait) return store
  return { ...wrapStore(store, {}), ...limit('longestLife', life), ...limit('longestWait', wait) }
}

function limit(name: 'longestLife' | 'longestWait', ms: number): object {
  return ms === Number.POSITIVE_INFINITY ? {} : { [name]: ms }
}
