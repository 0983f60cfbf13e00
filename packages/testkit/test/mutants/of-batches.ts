import type { SetItem } from '@granary/core'
import { refused, STORED } from '@granary/core'
import { entryOf } from '../../src/entry.js'
import { followedBy, history, type Mutant } from './build.js'

export const ofBatches: Mutant[] = [
  [
    'leaves misses out of getMany',
    'answers in the order asked',
    history((s) => ({ getMany: async (keys, looks) => (await s.getMany(keys, looks)).filter(Boolean) })),
  ],
  [
    'answers a key once',
    'answers in the order asked',
    history((s) => ({ getMany: (keys, looks) => s.getMany([...new Set(keys)], looks) })),
  ],
  ['fills no looks in getMany', 'getMany fills each look', history((s) => ({ getMany: (keys) => s.getMany(keys) }))],
  [
    'fills the first look only',
    'getMany fills each look',
    history((s) => ({ getMany: (keys, looks) => s.getMany(keys, looks?.slice(0, 1)) })),
  ],
  [
    'stores the first item',
    'setMany stores every item',
    history((s) => ({
      setMany: async (items) => [...(await s.setMany(items.slice(0, 1))), ...items.slice(1).map(() => STORED)],
    })),
  ],
  [
    'drops metadata in setMany',
    'setMany stores every item',
    history((s) => ({ setMany: (items) => s.setMany(items.map((i) => ({ ...i, entry: entryOf(i.entry.value) }))) })),
  ],
  [
    'stores a batch from its end',
    'of one key in a setMany',
    history((s) => ({ setMany: async (items) => (await s.setMany(items.toReversed())).reverse() })),
  ],
  [
    'refuses a batch because of one item',
    'has its own outcome',
    history((s) => {
      const bad = (items: readonly SetItem[]) => items.some(({ entry }) => typeof entry.value === 'function')
      return {
        setMany: async (items) => (bad(items) ? items.map(() => refused('unsupported-value')) : s.setMany(items)),
      }
    }),
  ],
  [
    'does not fence setMany',
    'setMany fences each',
    history((s) => ({ setMany: (items) => s.setMany(items.map(({ key, entry }) => ({ key, entry }))) })),
  ],
  [
    'finds everything in deleteMany',
    'deleteMany says of each key',
    history((s) => ({ deleteMany: async (keys) => (await s.deleteMany(keys)).map(() => true) })),
  ],
  [
    'clears on deleteMany',
    'deleteMany says of each key',
    history((s) => ({
      deleteMany: (keys) => followedBy(s.deleteMany(keys), () => s.clear()),
    })),
  ],
  [
    'takes no keys for all keys',
    'empty batches',
    history((s, { rows }) => ({ deleteMany: (keys) => s.deleteMany(keys.length > 0 ? keys : [...rows.keys()]) })),
  ],
  [
    'takes no marks for all marks',
    'empty batches',
    history((s) => ({ invalidate: (marks) => s.invalidate(marks.length > 0 ? marks : [{ namespace: '' }]) })),
  ],
  [
    'takes 1,000 keys at most',
    'batches may be large',
    history((s) => ({ getMany: async (keys, looks) => s.getMany(keys.slice(0, 1_000), looks) })),
  ],
]
