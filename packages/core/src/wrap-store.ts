import type { Store } from './store.js'

const CAPABILITIES = [
  'get',
  'set',
  'delete',
  'clear',
  'getMany',
  'setMany',
  'deleteMany',
  'invalidate',
  'entries',
  'prune',
  'evict',
  'stats',
  'feed',
  'lease',
  'observe',
  'close',
] as const satisfies readonly (keyof Store)[]

/**
 * A store that does as the given one does, with exactly its capabilities, except for what is given in `own`.
 * An own capability that the store lacks is left out: a wrapper adds none.
 */
export function wrapStore<V>(store: Store<V>, own: Partial<Store<V>>): Store<V> {
  const wrapped: Record<string, unknown> = { name: store.name }
  if (store.local !== undefined) wrapped.local = store.local
  if (store.durable !== undefined) wrapped.durable = store.durable
  if (store.policy !== undefined) wrapped.policy = store.policy
  if (store.ledger !== undefined) wrapped.ledger = own.ledger ?? store.ledger
  if (store.journal !== undefined) wrapped.journal = own.journal ?? store.journal
  for (const name of CAPABILITIES) {
    const inner = store[name] as ((...args: unknown[]) => unknown) | undefined
    if (inner !== undefined) wrapped[name] = own[name] ?? inner.bind(store)
  }
  return wrapped as unknown as Store<V>
}
