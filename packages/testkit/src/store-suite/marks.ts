import assert from 'node:assert/strict'
import { namespacePath, physicalKey } from '@granary/core'
import { type Group, holds, lookAt, mark, misses, put, type Subject } from './case.js'

const path = (...names: string[]) => names.reduce(namespacePath, '')
const inside = (key: string) => physicalKey(path('a'), key)

/** Sets one entry in each namespace, marks the first namespace, and checks which entries are misses. */
async function marking(
  { store }: Subject,
  marked: string[],
  places: { covered?: [string[], string][]; spared?: [string[], string][] },
): Promise<void> {
  const place = ([names, key]: [string[], string]) => physicalKey(path(...names), key)
  const covered = (places.covered ?? []).map(place)
  const spared = (places.spared ?? []).map(place)
  for (const key of [...covered, ...spared]) await put(store, key, key)
  await mark(store, { namespace: path(...marked) })
  await misses(store, ...covered)
  for (const key of spared) await holds(store, key, key)
}

/** Judging: an entry that is older than a mark on it is a miss. */
export const marks: Group = {
  name: 'marks: what they cover is a miss',
  needs: ['history'],
  cases: [
    {
      rule: 'a mark on a key covers that key alone',
      async check({ store }) {
        for (const key of ['k', 'K', 'k2', '']) await put(store, key, key)
        await mark(store, { key: 'k' })
        await misses(store, 'k')
        for (const key of ['K', 'k2', '']) await holds(store, key, key)
      },
    },
    {
      rule: 'a mark on a namespace covers it and all below it, and not what is above or beside it',
      check: (subject) =>
        marking(subject, ['a', 'b'], {
          covered: [
            [['a', 'b'], 'k'],
            [['a', 'b', 'c'], 'k'],
            [['a', 'b', 'c', 'd'], 'k'],
          ],
          spared: [
            [[], 'k'],
            [['a'], 'k'],
            [['a', 'c'], 'k'],
            [['b'], 'k'],
            [['x', 'a', 'b'], 'k'],
          ],
        }),
    },
    {
      rule: 'a mark on a namespace spares those whose names only begin like its own, and patterns mean nothing',
      check: async (subject) => {
        const spared: [string[], string][] = [
          [['tenant2'], 'k'],
          [['TE'], 'k'],
          [['te', 'x'], 'k'],
        ]
        await marking(subject, ['te*'], { covered: [[['te*'], 'k']], spared: [...spared, [['te'], 'k']] })
        await marking(subject, ['t_'], { spared: [...spared, [['te'], 'k']] })
        await marking(subject, ['%'], { spared: [...spared, [['te'], 'k']] })
        await marking(subject, ['te'], { covered: [[['te'], 'k']], spared: [[['tenant2'], 'k']] })
      },
    },
    {
      rule: 'a mark on a namespace spares what a careless join takes for the same place',
      check: (subject) =>
        marking(subject, ['a'], {
          covered: [[['a'], 'b:k']],
          spared: [
            [['a:b'], 'k'],
            [[], 'a:b:k'],
            [['1:a'], 'k'],
          ],
        }),
    },
    {
      rule: 'a mark on the root covers every namespace, as clear does',
      check: (subject) =>
        marking(subject, [], {
          covered: [
            [[], 'k'],
            [['a'], 'k'],
            [['a', 'b'], 'k'],
          ],
        }),
    },
    {
      rule: 'a mark on a tag covers every entry that has it among its tags, in any namespace, and no other',
      async check({ store }) {
        await put(store, 'alone', 1, { tags: ['t'] })
        await put(store, inside('among'), 1, { tags: ['s', 't', 'u'] })
        const others = { none: [], 'other case': ['T'], longer: ['tt', 't '], joined: ['s,t', 't,u', '"t"'] }
        for (const [key, tags] of Object.entries(others)) await put(store, key, key, { tags })
        await put(store, 't', 't')
        await put(store, physicalKey(path('t'), 'k'), 1)
        await mark(store, { tag: 't' })
        await misses(store, 'alone', inside('among'))
        for (const key of [...Object.keys(others), 't']) await holds(store, key, key)
        await holds(store, physicalKey(path('t'), 'k'), 1)
      },
    },
    {
      rule: 'several marks in one call all take effect',
      async check({ store }) {
        await put(store, 'key', 1)
        await put(store, inside('k'), 1)
        await put(store, 'tagged', 1, { tags: ['t'] })
        await put(store, physicalKey(path('b'), 'k'), 1, { tags: ['u'] })
        await mark(store, { key: 'key' }, { namespace: path('a') }, { tag: 't' }, { tag: 't' })
        await misses(store, 'key', inside('k'), 'tagged')
        await holds(store, physicalKey(path('b'), 'k'), 1)
      },
    },
    {
      rule: 'an entry that is set after the mark is a hit, and a later mark covers it again',
      async check({ store }) {
        const key = inside('k')
        for (const scope of [{ tag: 't' }, { namespace: path('a') }, { key }, { namespace: '' }]) {
          await put(store, key, 'before', { tags: ['t'] })
          await mark(store, scope)
          await misses(store, key)
          await put(store, key, 'after', { tags: ['t'] })
          await holds(store, key, 'after')
          await mark(store, scope)
          await misses(store, key)
        }
      },
    },
    {
      rule: 'an entry is judged by where its computation began, not by when it was stored or by the since it came with',
      async check({ store }) {
        const since = await lookAt(store, 'k')
        await put(store, 'k', 1, { tags: ['t'], since: Number.MAX_SAFE_INTEGER }, since)
        await put(store, 'explicit', 1, { tags: ['t'], since: Number.MAX_SAFE_INTEGER })
        await put(store, 'spared', 1, { tags: ['u'], since: 0 })
        await mark(store, { tag: 't' })
        await misses(store, 'k', 'explicit')
        await holds(store, 'spared', 1)
      },
    },
    {
      rule: 'a mark made before any entry covers none that is set later',
      async check({ store }) {
        await mark(store, { tag: 't' }, { namespace: path('a') }, { namespace: '' })
        await put(store, inside('k'), 1, { tags: ['t'] })
        await holds(store, inside('k'), 1)
      },
    },
    {
      rule: 'many marks leave what they do not cover readable',
      async check({ store }) {
        await put(store, 'spared', 1, { tags: ['spared'] })
        await put(store, 'covered', 1, { tags: ['tag 7'] })
        await mark(store, ...Array.from({ length: 500 }, (_, at) => ({ tag: `tag ${at}` })))
        await holds(store, 'spared', 1)
        await misses(store, 'covered')
        assert.equal(await store.delete('spared'), true)
      },
    },
  ],
}
