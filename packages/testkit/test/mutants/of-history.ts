import { refused, STORED } from '@granary/core'
import { delayed, fencing, history, type Mutant } from './build.js'

export const ofHistory: Mutant[] = [
  ['leaves look.at empty', 'get fills look.at', history((s) => ({ get: (key) => s.get(key) }))],
  [
    'leaves look.at empty on a hit',
    'get fills look.at',
    history((s) => ({ get: async (key, look) => (await s.get(key)) ?? s.get(key, look) })),
  ],
  [
    'hands out a position of the past',
    'began after the mark is stored',
    history((s) => ({
      get: async (key, look) => {
        if (look) look.at = 1
        return s.get(key)
      },
    })),
  ],
  ['does not fence', 'of two computations', history((s) => ({ set: (key, entry) => s.set(key, entry) }))],
  [
    'does not fence by keys',
    'a mark on its key',
    fencing((key, _, { seen }) => seen.marks.some((mark) => 'key' in mark && mark.key === key)),
  ],
  [
    'does not fence by namespaces',
    'a mark on its namespace',
    fencing((_, e, { seen }) => seen.marks.some((mark) => 'namespace' in mark && mark.namespace === e.namespace)),
  ],
  [
    'does not fence by namespaces above',
    'a namespace above',
    fencing((_, e, { seen }) =>
      seen.marks.some((mark) => 'namespace' in mark && mark.namespace !== '' && mark.namespace !== e.namespace),
    ),
  ],
  [
    'does not fence by the root',
    'the root namespace',
    fencing((_, _e, { seen }) => seen.marks.some((mark) => 'namespace' in mark && mark.namespace === '')),
  ],
  ['does not fence by tags', 'one of its tags', fencing((_, _e, { seen }) => seen.marks.some((mark) => 'tag' in mark))],
  ['does not fence by deletes', 'after a delete, also of a key', fencing((key, _, { seen }) => seen.deleted.has(key))],
  [
    'marks only what is there',
    'after a delete, also of a key',
    history((s, { rows }) => ({ delete: async (key) => rows.has(key) && s.delete(key) })),
  ],
  [
    'does not mark in deleteMany',
    'after a deleteMany',
    history((_, { rows }) => ({ deleteMany: async (keys) => keys.map((key) => rows.delete(key)) })),
  ],
  ['does not fence by clear', 'after a clear', fencing((_, _e, { seen }) => seen.cleared)],
  [
    'does not fence by newer values',
    'after an explicit one',
    fencing((key, _, { seen }) => seen.marks.length === 0 && !seen.deleted.has(key) && !seen.cleared),
  ],
  ['does not await the delete', 'delete that is not awaited', history((s) => ({ delete: delayed(s.delete) }))],
  [
    'refuses every computed set after a mark',
    'stored after a mark on another key',
    history((s) => ({ invalidate: async (marks) => s.invalidate([...marks, { namespace: '' }]) })),
  ],
  [
    'fences explicit sets',
    'an explicit set is not refused',
    history((s) => {
      let marked = false
      return {
        invalidate(marks) {
          marked = true
          return s.invalidate(marks)
        },
        set: async (key, e, since) => (marked && since === undefined ? refused('invalidated') : s.set(key, e, since)),
      }
    }),
  ],
  [
    'gives no reason that fits',
    'refused after a clear',
    history((s) => ({
      set: async (key, e, since) => ((await s.set(key, e, since)).stored ? STORED : refused('failed')),
    })),
  ],
  [
    'refuses, and stores all the same',
    'and leaves nothing',
    history((s) => ({
      async set(key, e, since) {
        const outcome = await s.set(key, e, since)
        if (!outcome.stored) await s.set(key, e)
        return outcome
      },
    })),
  ],
]
