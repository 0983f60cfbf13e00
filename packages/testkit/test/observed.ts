import type { Store, StoreFailure } from '@granary/core'
import { type HistoryState, type HistoryStore, historyState, historyStore } from '../src/history-store.js'
import type { StoreSuiteOptions } from '../src/store-suite/store-suite.js'

/** A historyStore whose entries can be damaged. */
function damageable(state: HistoryState, damaged: Set<string>): HistoryStore & Pick<Store, 'observe'> {
  const store = historyStore({ state })
  let listener: (failure: StoreFailure) => void = () => {}
  return {
    ...store,
    observe(told) {
      listener = told
    },
    async get(key, look) {
      const entry = await store.get(key, look)
      if (!damaged.has(key)) return entry
      listener({ operation: 'get', key, error: new Error('damaged') })
      return undefined
    },
    async set(key, entry, since) {
      damaged.delete(key)
      return store.set(key, entry, since)
    },
  }
}

export type Change = (store: HistoryStore & Pick<Store, 'observe'>, state: HistoryState) => Partial<Store>

/** What the suite is told of a historyStore of which something is changed, each time that it is opened. */
export function historyWith(change: Change = () => ({}), kept = (state: HistoryState) => state): StoreSuiteOptions {
  const opened = new WeakMap<Store, { state: HistoryState; damaged: Set<string> }>()
  function open(state: HistoryState, damaged: Set<string>): Store {
    const store = damageable(state, damaged)
    const changed = { ...store, ...change(store, state) }
    opened.set(changed, { state, damaged })
    return changed
  }
  return {
    create: () => open(historyState(), new Set()),
    async reopen(store) {
      await store.close?.()
      const { state, damaged } = opened.get(store) ?? { state: historyState(), damaged: new Set() }
      return open(kept(state), damaged)
    },
    beside(store) {
      const { state, damaged } = opened.get(store) ?? { state: historyState(), damaged: new Set() }
      return open(state, damaged)
    },
    corrupt: (store, key) => void opened.get(store)?.damaged.add(key),
  }
}
