import { refused, STORED } from '@granary/core'
import { entryOf } from '../../src/entry.js'
import type { StoreSuiteOptions } from '../../src/store-suite/store-suite.js'
import { followedBy, history, local, type Mutant, naming } from './build.js'

export const ofBasics: Mutant[] = [
  [
    'answers a miss with an entry',
    'never set is a miss',
    history((s) => ({ get: async (key) => (await s.get(key)) ?? entryOf(null) })),
  ],
  ['keeps one entry only', 'each under its key', naming(() => 'the one')],
  [
    'keeps the first value of a key',
    'a set replaces',
    history((s, { rows }) => ({
      set: async (key, entry, since) => (rows.has(key) ? STORED : s.set(key, entry, since)),
    })),
  ],
  [
    'takes falsy values for misses',
    'are values, not misses',
    history((s) => ({
      get: async (key, look) => s.get(key, look).then((entry) => (entry?.value ? entry : undefined)),
    })),
  ],
  [
    'forgets everything on delete',
    'delete forgets its key and no other',
    history((s) => ({ delete: (key) => followedBy(s.delete(key), () => s.clear()) })),
  ],
  ['does not delete', 'delete forgets its key', history(() => ({ delete: async () => true }))],
  [
    'always says that there was something to delete',
    'delete says whether',
    history((s) => ({ delete: async (key) => s.delete(key).then(() => true) })),
  ],
  ['keeps what is deleted deleted', 'set again after a delete', fenceAlways()],
  [
    'clears the root namespace only',
    'clear forgets every entry',
    history((_, { rows }) => ({
      async clear() {
        for (const [key, { entry }] of rows) if (entry.namespace === '') rows.delete(key)
      },
    })),
  ],
  [
    'leaves the older value when it refuses the new one',
    'refused explicit set leaves no older value',
    history((s) => ({
      set: async (key, entry, since) =>
        typeof entry.value === 'function' ? refused('too-large') : s.set(key, entry, since),
    })),
  ],
  [
    'says that it stored what it cannot store',
    'refused explicit set leaves no older value',
    history((s) => ({
      set: async (key, entry, since) => (typeof entry.value === 'function' ? STORED : s.set(key, entry, since)),
    })),
  ],
  ['is local and answers with promises', 'a local store answers', local((s) => ({ get: async (key) => s.get(key) }))],
  ['is local and copies', 'a local store answers', local((s) => ({ set: (key, entry) => s.set(key, { ...entry }) }))],
  ['is local and invalidates', 'a local store has no history', local(() => ({ invalidate() {} }))],
]

function fenceAlways(): StoreSuiteOptions {
  return history((s) => {
    const dead = new Set<string>()
    return {
      delete(key) {
        dead.add(key)
        return s.delete(key)
      },
      set: async (key, entry, since) => (dead.has(key) ? STORED : s.set(key, entry, since)),
    }
  })
}
