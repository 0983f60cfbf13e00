import { parseTtl, type Ttl } from './duration.js'
import type { Entry } from './entry.js'
import { checkOptions } from './options.js'
import type { Store } from './store.js'
import { wrapStore } from './wrap-store.js'

/** What one place in a layered store does differently from the others. */
export interface LayerPolicy {
  /** Longest life of an entry in this layer; a shorter one is kept. Default: no cap. */
  readonly ttl?: Ttl
}

/**
 * A store with the policy of its place. A policy wraps a store and gives a store.
 *
 * @throws GranaryError `INVALID_OPTION`
 */
export function layer<V>(store: Store<V>, policy: LayerPolicy): Store<V> {
  checkOptions('layer', policy, ['ttl'])
  return policy.ttl === undefined ? store : capped(store, parseTtl(policy.ttl, 'layer ttl'))
}

/** The store, with no entry living longer than `ttl` ms. */
function capped<V>(store: Store<V>, ttl: number): Store<V> {
  const cap = (entry: Entry<V>): Entry<V> => {
    const end = entry.createdAt + ttl
    if (entry.staleUntil <= end) return entry
    const life = { freshUntil: Math.min(entry.freshUntil, end), staleUntil: end }
    // Keeps the class: what the engine holds beside the value stays with the entry.
    return Object.assign(Object.create(Object.getPrototypeOf(entry)), entry, life)
  }
  return wrapStore(store, {
    set: (key, entry, since) => store.set(key, cap(entry), since),
    setMany: (items) => store.setMany?.(items.map((item) => ({ ...item, entry: cap(item.entry) }))) ?? [],
  })
}
