import type { Mark } from '@granary/core'
import { namespaceNames, parsePhysicalKey } from '@granary/core'
import { covering, entering, history, type Mutant, marking } from './build.js'

const path = (mark: Mark) => ('namespace' in mark && mark.namespace !== '' ? mark.namespace : undefined)
const namesOf = (mark: Mark) => (path(mark) === undefined ? [] : namespaceNames(path(mark) as string))

export const ofMarks: Mutant[] = [
  ['ignores marks on keys', 'a mark on a key', marking((mark) => ('key' in mark ? undefined : mark))],
  [
    'takes a key for a prefix',
    'a mark on a key',
    covering((mark, _, key) => 'key' in mark && key.startsWith(mark.key)),
  ],
  [
    'ignores marks on namespaces',
    'a mark on a namespace covers it',
    marking((mark) => (path(mark) ? undefined : mark)),
  ],
  [
    'covers what is directly in a namespace',
    'and all below it',
    history((s, { rows }) => ({
      async invalidate(marks) {
        for (const mark of marks)
          if (path(mark)) {
            for (const [key, { entry }] of rows) if (entry.namespace === path(mark)) rows.delete(key)
          } else await s.invalidate([mark])
      },
    })),
  ],
  [
    'covers a namespace wherever its path occurs',
    'not what is above or beside',
    covering((mark, e) => e.namespace.includes(path(mark) ?? '?')),
  ],
  [
    'covers the namespaces above',
    'not what is above or beside',
    covering((mark, e) => e.namespace !== '' && (path(mark)?.startsWith(e.namespace) ?? false)),
  ],
  [
    'covers names that begin alike',
    'only begin like its own',
    covering(
      (mark, e) =>
        namesOf(mark).length === 1 && (namespaceNames(e.namespace)[0]?.startsWith(namesOf(mark)[0] as string) ?? false),
    ),
  ],
  [
    'takes a namespace for a glob',
    'patterns mean nothing',
    covering(
      (mark, e) =>
        (namesOf(mark)[0]?.endsWith('*') ?? false) &&
        (namespaceNames(e.namespace)[0]?.startsWith((namesOf(mark)[0] as string).slice(0, -1)) ?? false),
    ),
  ],
  [
    'joins names by colons',
    'spares what a careless join',
    covering(
      (mark, e, key) =>
        namesOf(mark).length > 0 &&
        `${[...namespaceNames(e.namespace), parsePhysicalKey(key).key].join(':')}`.startsWith(
          `${namesOf(mark).join(':')}:`,
        ),
    ),
  ],
  [
    'ignores marks on the root',
    'a mark on the root',
    marking((mark) => ('namespace' in mark && mark.namespace === '' ? undefined : mark)),
  ],
  ['ignores marks on tags', 'a mark on a tag', marking((mark) => ('tag' in mark ? undefined : mark))],
  ['looks at the first tag', 'among its tags', entering((e) => ({ ...e, tags: e.tags.slice(0, 1) }))],
  [
    'finds a tag in the joined tags',
    'a mark on a tag',
    covering((mark, e) => 'tag' in mark && e.tags.join().includes(mark.tag)),
  ],
  [
    'ignores the case of tags',
    'a mark on a tag',
    covering((mark, e) => 'tag' in mark && e.tags.some((tag) => tag.toLowerCase() === mark.tag)),
  ],
  [
    'takes a tag for a namespace',
    'a mark on a tag',
    covering((mark, e) => 'tag' in mark && namespaceNames(e.namespace).includes(mark.tag)),
  ],
  [
    'makes the first mark only',
    'several marks',
    history((s) => ({ invalidate: (marks) => s.invalidate(marks.slice(0, 1)) })),
  ],
  [
    'keeps marks for ever',
    'set after the mark is a hit',
    history((s) => {
      const tags = new Set<string>()
      return {
        async invalidate(marks) {
          for (const mark of marks) if ('tag' in mark) tags.add(mark.tag)
          return s.invalidate(marks)
        },
        get: async (key, look) => s.get(key, look).then((e) => (e?.tags.some((tag) => tags.has(tag)) ? undefined : e)),
      }
    }),
  ],
  [
    'judges by the since of the caller',
    'judged by where its computation began',
    history((s, { rows }) => ({
      async set(key, e, since) {
        const outcome = await s.set(key, e, since)
        const row = rows.get(key)
        if (row && outcome.stored && e.since > 0) rows.set(key, { ...row, entry: e })
        return outcome
      },
    })),
  ],
  [
    'lets an old mark cover what comes after it',
    'covers none that is set later',
    history((s, state) => ({
      invalidate: async (marks) => {
        await s.invalidate(marks)
        for (const [scope, made] of state.marks) state.marks.set(scope, { ...made, at: state.position + 2 })
      },
    })),
  ],
  [
    'forgets everything when there are many marks',
    'many marks leave',
    history((s) => ({ invalidate: (marks) => s.invalidate(marks.length > 100 ? [{ namespace: '' }] : marks) })),
  ],
]
