import { type Duration, parseDuration, parseTtl, type Ttl } from './duration.js'
import { checkOptions } from './options.js'
import type { Store, StorePolicy } from './store.js'
import { wrapStore } from './wrap-store.js'

/** What one place in a layered store does differently from the others. */
export interface LayerPolicy {
  /** Longest life of an entry in this layer, from when it is stored there; a shorter one is kept. Default: no cap. */
  readonly ttl?: Ttl
  /** Longest wait for one operation of this layer; after it, it is a failure, and so a miss. Default: no limit. */
  readonly timeout?: Duration
  /**
   * How long the right to compute a key lasts in this layer unless it is renewed: after it, others go on when its holder
   * has died. False: none is asked for, and several processes may compute the same at once. Default: `'5s'`.
   */
  readonly lease?: Duration | false
}

/**
 * A store with the policy of its place. A policy wraps a store and gives a store.
 *
 * @throws GranaryError `INVALID_OPTION`
 */
export function layer<V>(store: Store<V>, policy: LayerPolicy): Store<V> {
  checkOptions('layer', policy, ['ttl', 'timeout', 'lease'])
  const own = {
    ...(policy.ttl !== undefined && policy.ttl !== 'forever' && { longestLife: parseTtl(policy.ttl, 'layer ttl') }),
    ...(policy.timeout !== undefined && { longestWait: parseDuration(policy.timeout, 'layer timeout') }),
    ...(policy.lease !== undefined && {
      leaseLife: policy.lease === false ? 0 : parseDuration(policy.lease, 'layer lease'),
    }),
  }
  if (Object.keys(own).length === 0) return store
  return { ...wrapStore(store, {}), policy: { ...store.policy, ...lowest(own, store.policy) } }
}

/** Of two limits the lower holds. */
function lowest(own: StorePolicy, outer: StorePolicy = {}): StorePolicy {
  const limits = Object.entries(own).map(([name, ms]) => [name, Math.min(ms, outer[name as keyof StorePolicy] ?? ms)])
  return Object.fromEntries(limits)
}
