import { type Duration, parseDuration, parseTtl, type Ttl } from './duration.js'
import { GranaryError } from './errors.js'
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
   * Failures in a row, a timeout among them, after which the layer is left alone: its reads are misses at once. It is
   * tried out beside the calls after 100 ms, and then every 500 ms at most, and used again once it answers. False: never.
   * Default: what the store brings along; `redis()` 5, others none.
   */
  readonly breaker?: number | false
  /**
   * Calls of this layer that may be under way at once, those included that were not waited for any longer; more are
   * failures. Default: what the store brings along; `redis()` 10,000, others no limit.
   */
  readonly maxInFlight?: number
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
  checkOptions('layer', policy, ['ttl', 'timeout', 'breaker', 'maxInFlight', 'lease'])
  const own = {
    ...(policy.ttl !== undefined && policy.ttl !== 'forever' && { longestLife: parseTtl(policy.ttl, 'layer ttl') }),
    ...(policy.timeout !== undefined && { longestWait: parseDuration(policy.timeout, 'layer timeout') }),
    ...(policy.maxInFlight !== undefined && { mostInFlight: parseCount(policy.maxInFlight, 'layer maxInFlight') }),
    ...(policy.lease !== undefined && {
      leaseLife: policy.lease === false ? 0 : parseDuration(policy.lease, 'layer lease'),
    }),
  }
  const breaker = policy.breaker !== undefined && { mostFailures: parseBreaker(policy.breaker) }
  if (Object.keys(own).length === 0 && !breaker) return store
  return { ...wrapStore(store, {}), policy: { ...store.policy, ...lowest(own, store.policy), ...breaker } }
}

function parseBreaker(breaker: unknown): number {
  return breaker === false ? 0 : parseCount(breaker, 'layer breaker')
}

function parseCount(count: unknown, name: string): number {
  if (Number.isSafeInteger(count) && (count as number) > 0) return count as number
  throw new GranaryError('INVALID_OPTION', `${name}: give a whole number from 1 on`)
}

/** Of two limits the lower holds. */
function lowest(own: StorePolicy, outer: StorePolicy = {}): StorePolicy {
  const limits = Object.entries(own).map(([name, ms]) => [name, Math.min(ms, outer[name as keyof StorePolicy] ?? ms)])
  return Object.fromEntries(limits)
}
