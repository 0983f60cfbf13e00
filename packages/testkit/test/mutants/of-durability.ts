import type { Entry } from '@granary/core'
import { historyWith } from '../observed.js'
import { history, later, type Mutant } from './build.js'

export const ofDurability: Mutant[] = [
  ['does not say that it is durable', 'it says that it is durable', history(() => ({ durable: false }))],
  ['forgets all', 'entries survive', historyWith(undefined, (state) => ({ ...state, rows: new Map() }))],
  [
    'loses what is queued',
    'not awaited before close survives',
    history((s, { rows }) => {
      let queued = 0
      return {
        async set(...args) {
          queued += 1
          const outcome = s.set(...args)
          await later()
          queued -= 1
          return outcome
        },
        close: async () => void (queued > 0 && rows.clear()),
      }
    }),
  ],
  [
    'brings back what was deleted',
    'does not come back',
    history((s, { rows }) => {
      const deleted: [string, Entry][] = []
      return {
        delete(key) {
          const row = rows.get(key)
          if (row) deleted.push([key, row.entry])
          return s.delete(key)
        },
        async close() {
          for (const [key, entry] of deleted) await s.set(key, entry)
        },
      }
    }),
  ],
  ['forgets its marks', 'marks survive', historyWith(undefined, (state) => ({ ...state, marks: new Map() }))],
  [
    'forgets marks on keys',
    'refused after a restart too',
    historyWith(undefined, (state) => ({
      ...state,
      marks: new Map([...state.marks].filter(([scope]) => !scope.startsWith('key'))),
    })),
  ],
  [
    'begins its positions anew',
    'positions go on growing',
    historyWith(undefined, (state) => ({ ...state, position: 0 })),
  ],
]
