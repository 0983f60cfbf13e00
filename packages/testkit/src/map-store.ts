import { type Entry, STORED, type Store } from '@granary/core'
import { infoOf } from './entry.js'

export interface MapStoreOptions {
  /** `'map'` by default. */
  readonly name?: string
  /** Where the entries are kept; a new Map by default. Give one to look inside, or to open it a second time. */
  readonly map?: Map<string, Entry>
}

/** A store over a Map: local, without a bound and without a history. The least that keeps the contract. */
export function mapStore({ name = 'map', map = new Map() }: MapStoreOptions = {}): Store<unknown> {
  return {
    name,
    local: true,
    get: (key) => map.get(key),
    set(key, entry) {
      map.set(key, entry)
      return STORED
    },
    delete: (key) => map.delete(key),
    clear: () => map.clear(),
    entries: () => [...map].map(([key, entry]) => infoOf(key, entry)),
    stats: () => ({ entries: map.size, bytes: 0 }),
    close() {},
  }
}
