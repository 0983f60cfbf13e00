import type { Entry } from '@granary/core'
import { refused } from '@granary/core'
import { entryOf } from '../../src/entry.js'
import type { HistoryStore } from '../../src/history-store.js'
import { followedBy, history, type Mutant } from './build.js'

const infos = (s: HistoryStore) => [...(s.entries() as Iterable<{ key: string }>)]

export const ofUpkeep: Mutant[] = [
  [
    'lists values',
    'lists every entry once',
    history((_, { rows }) => ({ entries: () => [...rows].map(([key, { entry }]) => ({ key, ...entry })) })),
  ],
  [
    'lists every write',
    'lists every entry once',
    history((s) => ({ entries: () => [...infos(s), ...infos(s)] as never })),
  ],
  [
    'lists what is gone',
    'does not list what was deleted',
    history((s) => ({ delete: (key) => s.set(key, entryOf('gone')).then(() => true) })),
  ],
  [
    'lists what is written meanwhile again',
    'may be written while entries() runs',
    history((_, { rows }) => ({
      *entries() {
        for (const [key, { entry }] of rows) yield { key, ...{ ...entry, value: undefined } }
      },
    })),
  ],
  [
    'skips entries when others are deleted',
    'may be written while entries() runs',
    history((_, { rows }) => ({
      *entries() {
        for (let at = 0, keys = [...rows.keys()]; at < keys.length; at++, keys = [...rows.keys()])
          yield { key: keys[at] as string, ...(rows.get(keys[at] as string)?.entry as Entry) }
      },
    })),
  ],
  [
    'is busy while entries() runs, and ever after if it is left early',
    'may be left early',
    history((s) => {
      let busy = false
      return {
        *entries() {
          busy = true
          yield* infos(s) as never[]
          busy = false
        },
        set: async (...args) => (busy ? refused('failed') : s.set(...args)),
      }
    }),
  ],
  ['does not prune', 'prune removes what has expired', history(() => ({ prune: async () => 0 }))],
  [
    'prunes what is stale',
    'prune removes what has expired',
    history((_, { rows }) => ({
      async prune() {
        const before = rows.size
        for (const [key, { entry }] of rows) if (entry.freshUntil < Date.now()) rows.delete(key)
        return before - rows.size
      },
    })),
  ],
  ['miscounts what it prunes', 'it says how many', history((s) => ({ prune: async () => s.prune().then(() => 1) }))],
  [
    'does not prune what was invalidated',
    'prune removes what was invalidated',
    history((_, { rows }) => ({
      async prune() {
        const before = rows.size
        for (const [key, { entry }] of rows) if (entry.staleUntil < Date.now()) rows.delete(key)
        return before - rows.size
      },
    })),
  ],
  [
    'evicts without need',
    'evict removes nothing',
    history((s) => ({ evict: () => followedBy(s.evict(), () => s.clear()) })),
  ],
  ['says that it holds nothing', 'stats count', history(() => ({ stats: async () => ({ entries: 0, bytes: 0 }) }))],
  [
    'counts writes, not entries',
    'stats count',
    history((_, state) => ({ stats: async () => ({ entries: state.position - 1, bytes: 0 }) })),
  ],
  [
    'does not know its bytes',
    'stats count',
    history((s) => ({ stats: async () => ({ ...(await s.stats()), bytes: Number.NaN }) })),
  ],
  [
    'fails when closed twice',
    'closed twice',
    history(() => {
      let closed = false
      return {
        async close() {
          if (closed) throw new Error('closed already')
          closed = true
        },
      }
    }),
  ],
  ['swallows damage', 'the listener is told', history(() => ({ observe() {} }))],
]
