import { entryOf } from '../../testkit/src/index.js'
import { type Entry, type KeyedInfo, refused, STORED, type Store } from '../src/index.js'

/**
 * A store without a history that is in another place, such as a file: asynchronous, and it keeps copies of plain data,
 * as one that keeps bytes does.
 */
export function remoteStore({ name = 'remote', map = new Map<string, Entry>() } = {}): Store<unknown> {
  return {
    name,
    get: async (key) => structuredClone(map.get(key)),
    async set(key, entry) {
      map.delete(key)
      try {
        map.set(key, plain(entry))
        return STORED
      } catch {
        return refused('unsupported-value')
      }
    },
    delete: async (key) => map.delete(key),
    clear: async () => map.clear(),
    entries: () => [...map].map(([key, { value, ...info }]): KeyedInfo => ({ key, ...info })),
    stats: async () => ({ entries: map.size, bytes: 0 }),
    async close() {},
  }
}

/** As {@link remoteStore}, with the batch capabilities. */
export function batchStore(options: { name?: string; map?: Map<string, Entry> } = {}): Store<unknown> {
  const store = remoteStore(options)
  return {
    ...store,
    getMany: (keys) => Promise.all(keys.map((key) => store.get(key))),
    setMany: (items) => Promise.all(items.map(({ key, entry }) => store.set(key, entry))),
    deleteMany: (keys) => Promise.all(keys.map((key) => store.delete(key))),
  }
}

/** A copy of an entry in which nothing is shared with the original. */
function plain(entry: Entry): Entry {
  return structuredClone(entryOf(entry.value, { ...entry }))
}

/** Lets everything go on that waits for no more than promises. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
