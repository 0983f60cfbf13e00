import { parseTtl, type Ttl } from './duration.js'
import { checkOptions } from './options.js'
import type { Store } from './store.js'
import { wrapStore } from './wrap-store.js'

/** What one place in a layered store does differently from the others. */
export interface LayerPolicy {
  /** Longest life of an entry in this layer, from when it is stored there; a shorter one is kept. Default: no cap. */
  readonly ttl?: Ttl
}

/**
 * A store with the policy of its place. A policy wraps a store and gives a store.
 *
 * @throws GranaryError `INVALID_OPTION`
 */
export function layer<V>(store: Store<V>, policy: LayerPolicy): Store<V> {
  checkOptions('layer', policy, ['ttl'])
  if (policy.ttl === undefined) return store
  const { longestLife = Number.POSITIVE_INFINITY } = store
  return { ...wrapStore(store, {}), longestLife: Math.min(longestLife, parseTtl(policy.ttl, 'layer ttl')) }
}
