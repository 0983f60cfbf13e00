import assert from 'node:assert/strict'
import { type Mark, namespacePath } from '@granary/core'
import { entryOf } from '../entry.js'
import { type Case, type Group, holds, isRefused, listedKeys, lookAt, mark, misses, put } from './case.js'

const parent = namespacePath('', 'parent')
const namespace = namespacePath(parent, 'child')
const scopes = { namespace, tags: ['t', 'u'] }

/** A mark on each scope of the entry that a computation is about to store. */
const covering: Record<string, Mark> = {
  'its key': { key: 'k' },
  'its namespace': { namespace },
  'a namespace above its own': { namespace: parent },
  'the root namespace': { namespace: '' },
  'one of its tags': { tag: 'u' },
}

const sparing: Record<string, Mark> = {
  'another key': { key: 'other' },
  'a neighbouring namespace': { namespace: namespacePath(parent, 'chil') },
  'a namespace below its own': { namespace: namespacePath(namespace, 'below') },
  'another tag': { tag: 'T' },
}

const refusedAfterMark = Object.entries(covering).map(
  ([scope, covers]): Case => ({
    rule: `a computed set is refused after a mark on ${scope}, and leaves nothing`,
    async check({ store }) {
      const since = await lookAt(store, 'k')
      await mark(store, covers)
      isRefused(await store.set('k', entryOf('late', scopes), since))
      await misses(store, 'k')
      if (store.entries) assert.deepEqual(await listedKeys(store), [])
    },
  }),
)

const storedAfterMark = Object.entries(sparing).map(
  ([scope, spares]): Case => ({
    rule: `a computed set is stored after a mark on ${scope}`,
    async check({ store }) {
      const since = await lookAt(store, 'k')
      await mark(store, spares)
      await put(store, 'k', 'in time', scopes, since)
      await holds(store, 'k', 'in time')
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
        await put(store, 'k', 1, scopes, await lookAt(store, 'k'))
        await holds(store, 'k', 1)
        await put(store, 'k', 2, scopes, await lookAt(store, 'k'))
        await holds(store, 'k', 2)
      },
    },
    ...refusedAfterMark,
    ...storedAfterMark,
    {
      rule: 'a computed set is refused after a delete, also of a key that was not there, and leaves nothing',
      async check({ store }) {
        const absent = await lookAt(store, 'absent')
        await store.delete('absent')
        isRefused(await store.set('absent', entryOf('late'), absent))
        await put(store, 'present', 1)
        const present = await lookAt(store, 'present')
        await store.delete('present')
        isRefused(await store.set('present', entryOf('late'), present))
        await misses(store, 'absent', 'present')
      },
    },
    {
      rule: 'a computed set is refused after a deleteMany',
      needs: ['deleteMany'],
      async check({ store }) {
        const since = await lookAt(store, 'k')
        await store.deleteMany?.(['k'])
        isRefused(await store.set('k', entryOf('late'), since))
        await misses(store, 'k')
      },
    },
    {
      rule: 'a computed set is refused after a clear, and leaves nothing',
      async check({ store }) {
        const since = await lookAt(store, 'k')
        await store.clear()
        isRefused(await store.set('k', entryOf('late', scopes), since))
        await misses(store, 'k')
      },
    },
    {
      rule: 'a computed set is refused after an explicit one, whose value remains',
      async check({ store }) {
        const since = await lookAt(store, 'k')
        await put(store, 'k', 'newer')
        isRefused(await store.set('k', entryOf('late'), since))
        await holds(store, 'k', 'newer')
      },
    },
    {
      rule: 'of two computations that began together the first to store wins',
      async check({ store }) {
        const since = await lookAt(store, 'k')
        await put(store, 'k', 'first', {}, since)
        isRefused(await store.set('k', entryOf('second'), since))
        await holds(store, 'k', 'first')
      },
    },
    {
      rule: 'a computed set is refused after a delete that is not awaited',
      async check({ store }) {
        const since = await lookAt(store, 'k')
        const [, outcome] = await Promise.all([store.delete('k'), store.set('k', entryOf('late'), since)])
        isRefused(outcome)
        await misses(store, 'k')
      },
    },
    {
      rule: 'a computation that began after the mark is stored',
      async check({ store }) {
        await mark(store, ...Object.values(covering))
        await store.delete('k')
        await put(store, 'k', 1, scopes, await lookAt(store, 'k'))
        await holds(store, 'k', 1)
        assert.deepEqual((await store.get('k'))?.tags, scopes.tags)
      },
    },
    {
      rule: 'an explicit set is not refused, whatever was marked',
      async check({ store }) {
        await mark(store, ...Object.values(covering))
        await put(store, 'k', 1, scopes)
        await holds(store, 'k', 1)
        await store.clear()
        await put(store, 'k', 2, scopes)
        await holds(store, 'k', 2)
      },
    },
  ],
}
