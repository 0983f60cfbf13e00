import assert from 'node:assert/strict'
import type { Store } from '@granary/core'
import { namespacePath, physicalKey } from '@granary/core'
import { entryOf } from '../entry.js'
import { type Case, type Group, holds, isRefused, list, lookAt, mark, misses, put, type Subject } from './case.js'

const namespace = namespacePath('', 'a')
const inside = (key: string) => physicalKey(namespace, key)

async function reopened({ store, reopen }: Subject): Promise<Store<unknown>> {
  assert.ok(reopen)
  return reopen(store)
}

/** A case that works on the store, then on the same store opened again. */
function across<T>(
  rule: string,
  before: (store: Store<unknown>) => Promise<T>,
  after: (store: Store<unknown>, kept: T) => Promise<void>,
  needs: Case['needs'] = [],
): Case {
  return {
    rule,
    needs,
    async check(subject) {
      const kept = await before(subject.store)
      await after(await reopened(subject), kept)
    },
  }
}

export const durability: Group = {
  name: 'durability',
  needs: ['reopen'],
  cases: [
    {
      rule: 'it says that it is durable',
      check: async ({ store }) => assert.equal(store.durable, true),
    },
    across(
      'entries survive, with their metadata',
      (store) => put(store, inside('k'), { a: [1, new Date(1)] }, { tags: ['t', 'u'], computeMs: 2.5, cost: 3 }),
      async (store) => {
        await holds(store, inside('k'), { a: [1, new Date(1)] })
        const info = (await list(store))[0] ?? (await store.get(inside('k')))
        const { tags, computeMs, cost, freshUntil, staleUntil } = info ?? {}
        assert.deepEqual([tags, computeMs, cost], [['t', 'u'], 2.5, 3])
        assert.deepEqual([freshUntil, staleUntil], [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY])
      },
    ),
    across(
      'what was written and not awaited before close survives',
      async (store) => ({
        writes: Promise.all([store.set('a', entryOf(1)), store.set('b', entryOf(2)), store.delete('a')]),
      }),
      async (store, { writes }) => {
        await writes
        await misses(store, 'a')
        await holds(store, 'b', 2)
      },
    ),
    across(
      'what was deleted or cleared does not come back',
      async (store) => {
        await put(store, inside('cleared'), 1)
        await store.clear()
        await put(store, 'deleted', 1)
        await store.delete('deleted')
        await put(store, inside('kept'), 1)
      },
      async (store) => {
        await misses(store, inside('cleared'), 'deleted')
        await holds(store, inside('kept'), 1)
      },
    ),
    across(
      'marks survive: what they cover stays a miss, what was set after them a hit',
      async (store) => {
        await put(store, 'tagged', 1, { tags: ['t'] })
        await put(store, inside('k'), 1)
        await mark(store, { tag: 't' }, { namespace })
        await put(store, inside('later'), 1, { tags: ['t'] })
      },
      async (store) => {
        await misses(store, 'tagged', inside('k'))
        await holds(store, inside('later'), 1)
      },
      ['history'],
    ),
    across(
      'a set that came too late is refused after a restart too',
      async (store) => {
        const since = await lookAt(store, 'k')
        await store.delete('deleted')
        await mark(store, { tag: 't' })
        return since
      },
      async (store, since) => {
        isRefused(await store.set('deleted', entryOf('late'), since))
        isRefused(await store.set('tagged', entryOf('late', { tags: ['t'] }), since))
        await misses(store, 'deleted', 'tagged')
      },
      ['history'],
    ),
    across(
      'positions go on growing: marks made after a restart cover what was set before it, and looks are accepted',
      (store) => put(store, 'k', 1, { tags: ['t'] }),
      async (store) => {
        const since = await lookAt(store, 'new')
        await mark(store, { tag: 't' })
        await misses(store, 'k')
        await put(store, 'new', 1, {}, since)
        await put(store, 'k', 2, { tags: ['t'] }, await lookAt(store, 'k'))
        await holds(store, 'k', 2)
      },
      ['history'],
    ),
  ],
}
