import { refused } from '@granary/core'
import { entering, history, type Mutant } from './build.js'

export const ofValues: Mutant[] = [
  ['wraps values', 'comes back equal', entering((e) => ({ ...e, value: [e.value] }))],
  [
    'keeps values as JSON',
    'a Map comes back equal',
    entering((e) => ({
      ...e,
      value: typeof e.value === 'bigint' ? 0n : JSON.parse(JSON.stringify(e.value, big) ?? 'null'),
    })),
  ],
  [
    'refuses values for another reason',
    'dates comes back equal, or is refused',
    history((s) => ({
      set: async (key, e, since) => (Array.isArray(e.value) ? refused('failed') : s.set(key, e, since)),
    })),
  ],
]

const big = (_: string, value: unknown) => (typeof value === 'bigint' ? String(value) : value)
