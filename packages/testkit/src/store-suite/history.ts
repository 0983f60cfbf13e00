import assert from 'node:assert/strict'
import { type Mark, namespacePath, physicalKey } from '@granary/core'
import { entryOf } from '../entry.js'
import { type Case, entryFor, type Group, holds, isRefused, listedKeys, lookAt, mark, misses, put } from './case.js'

const parent = namespacePath('', 'parent')
const namespace = namespacePath(parent, 'child')
const key = physicalKey(namespace, 'k')
const scopes = { tags: ['t', 'u'] }
const late = entryFor(key, 'late', scopes)

/** A mark on each scope of the entry that a computation is about to store. */
const covering: Record<string, Mark> = {
  'its key': { key },
  'its namespace': { namespace },
  'a namespace above its own': { namespace: parent },
  'the root namespace': { namespace: '' },
  'one of its tags': { tag: 'u' },
}

const sparing: Record<string, Mark> = {
  'another key': { key: physicalKey(namespace, 'K') },
  'a neighbouring namespace': { namespace: namespacePath(parent, 'chil') },
  'a namespace below its own': { namespace: namespacePath(namespace, 'below') },
  'another tag': { tag: 'T' },
}

const refusedAfterMark = Object.entries(covering).map(
  ([scope, covers]): Case => ({
    rule: `a computed set is refused after a mark on ${scope}, and leaves nothing`,
    async check({ store }) {
      const since = await lookAt(store, key)
      await mark(store, covers)
      isRefused(await store.set(key, late, since))
      await misses(store, key)
      if (store.entries) assert.deepEqual(await listedKeys(store), [])
    },
  }),
)

const storedAfterMark = Object.entries(sparing).map(
  ([scope, spares]): Case => ({
    rule: `a computed set is stored after a mark on ${scope}`,
    async check({ store }) {
      const since = await lookAt(store, key)
      await mark(store, spares)
      await put(store, key, 'in time', scopes, since)
      await holds(store, key, 'in time')
    },
  }),
)

/** The fence: the result of a computation that was overtaken is not stored. */
export const history: Group = {
  name: 'history: late sets are refused',
  needs: ['history'],
  cases: [
    {
      rule: 'get fills look.at, on a miss and on a hit, with a position that a set accepts',
      async check({ store }) {
        await put(store, key, 1, scopes, await lookAt(store, key))
        await holds(store, key, 1)
        await put(store, key, 2, scopes, await lookAt(store, key))
        await holds(store, key, 2)
      },
    },
    ...refusedAfterMark,
    ...storedAfterMark,
    {
      rule: 'a computed set is refused after a delete, also of a key that was not there, and leaves nothing',
      async check({ store }) {
        const absent = await lookAt(store, 'absent')
        await store.delete('absent')
        isRefused(await store.set('absent', entryFor('absent', 'late'), absent))
        await put(store, 'present', 1)
        const present = await lookAt(store, 'present')
        await store.delete('present')
        isRefused(await store.set('present', entryFor('present', 'late'), present))
        await misses(store, 'absent', 'present')
      },
    },
    {
      rule: 'a computed set is refused after a deleteMany',
      needs: ['deleteMany'],
      async check({ store }) {
        const since = await lookAt(store, key)
        await store.deleteMany?.([key])
        isRefused(await store.set(key, late, since))
        await misses(store, key)
      },
    },
    {
      rule: 'a computed set is refused after a clear, and leaves nothing',
      async check({ store }) {
        const since = await lookAt(store, key)
        await store.clear()
        isRefused(await store.set(key, late, since))
        await misses(store, key)
      },
    },
    {
      rule: 'a computed set is refused after an explicit one, whose value remains',
      async check({ store }) {
        const since = await lookAt(store, key)
        await put(store, key, 'newer')
        isRefused(await store.set(key, late, since))
        await holds(store, key, 'newer')
      },
    },
    {
      rule: 'of two computations that began together the first to store wins',
      async check({ store }) {
        const since = await lookAt(store, key)
        await put(store, key, 'first', {}, since)
        isRefused(await store.set(key, entryOf('second'), since))
        await holds(store, key, 'first')
      },
    },
    {
      rule: 'a computed set is refused after a delete that is not awaited',
      async check({ store }) {
        const since = await lookAt(store, key)
        const [, outcome] = await Promise.all([store.delete(key), store.set(key, late, since)])
        isRefused(outcome)
        await misses(store, key)
      },
    },
    {
      rule: 'a computation that began after the mark is stored',
      async check({ store }) {
        await mark(store, ...Object.values(covering))
        await store.delete(key)
        await put(store, key, 1, scopes, await lookAt(store, key))
        await holds(store, key, 1)
        assert.deepEqual((await store.get(key))?.tags, scopes.tags)
      },
    },
    {
      rule: 'an explicit set is not refused, whatever was marked',
      async check({ store }) {
        await mark(store, ...Object.values(covering))
        await put(store, key, 1, scopes)
        await holds(store, key, 1)
        await store.clear()
        await put(store, key, 2, scopes)
        await holds(store, key, 2)
      },
    },
  ],
}
