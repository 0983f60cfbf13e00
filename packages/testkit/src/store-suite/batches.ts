import assert from 'node:assert/strict'
import type { Look } from '@granary/core'
import { entryOf } from '../entry.js'
import { type Group, holds, isRefused, lookAt, misses, put } from './case.js'

const many = Array.from({ length: 1_200 }, (_, at) => `key ${at}`)

export const batches: Group = {
  name: 'batches',
  cases: [
    {
      rule: 'getMany answers in the order asked, with undefined for misses and each key as often as asked',
      needs: ['getMany'],
      async check({ store }) {
        await put(store, 'a', 'A')
        await put(store, 'b', undefined, { cost: 2 })
        const found = await store.getMany?.(['b', 'missing', 'a', 'b'])
        assert.deepEqual(
          found?.map((entry) => entry && [entry.value, entry.cost]),
          [[undefined, 2], undefined, ['A', 0], [undefined, 2]],
        )
      },
    },
    {
      rule: 'getMany fills each look with a position that a set accepts',
      needs: ['getMany', 'history'],
      async check({ store }) {
        await put(store, 'hit', 1)
        const looks: Look[] = [{}, {}]
        await store.getMany?.(['hit', 'miss'], looks)
        await put(store, 'hit', 2, {}, looks[0]?.at)
        await put(store, 'miss', 2, {}, looks[1]?.at)
        isRefused(await store.set('miss', entryOf(3), looks[1]?.at))
      },
    },
    {
      rule: 'setMany stores every item, with its metadata',
      needs: ['setMany'],
      async check({ store }) {
        const items = ['a', 'b'].map((key, at) => ({ key, entry: entryOf(key, { cost: at, tags: [key] }) }))
        assert.deepEqual(await store.setMany?.(items), [{ stored: true }, { stored: true }])
        for (const { key, entry } of items) {
          const { value, cost, tags } = (await store.get(key)) ?? {}
          assert.deepEqual({ value, cost, tags }, { value: entry.value, cost: entry.cost, tags: entry.tags })
        }
      },
    },
    {
      rule: 'of one key in a setMany the last item remains',
      needs: ['setMany'],
      async check({ store }) {
        await store.setMany?.([1, 2, 3].map((value) => ({ key: 'k', entry: entryOf(value) })))
        await holds(store, 'k', 3)
      },
    },
    {
      rule: 'a refused item of a setMany has its own outcome, leaves no older value, and stops no other item',
      needs: ['setMany'],
      async check({ store, unstorable }) {
        await put(store, 'bad', 'older')
        const values = { first: 1, bad: unstorable, last: 3 }
        const single = await store.set('bad', entryOf(unstorable))
        await put(store, 'bad', 'older')
        const items = Object.entries(values).map(([key, value]) => ({ key, entry: entryOf(value) }))
        assert.deepEqual(await store.setMany?.(items), [{ stored: true }, single, { stored: true }])
        await holds(store, 'first', 1)
        await holds(store, 'last', 3)
        if (!single.stored) await misses(store, 'bad')
      },
    },
    {
      rule: 'setMany fences each computed item by itself',
      needs: ['setMany', 'history'],
      async check({ store }) {
        // Each key's own: a store may keep a history for each of its parts.
        const [late, inTime] = [await lookAt(store, 'late'), await lookAt(store, 'in time')]
        await store.delete('late')
        const items = [
          { key: 'late', entry: entryOf(1), since: late },
          { key: 'in time', entry: entryOf(1), since: inTime },
        ]
        const outcomes = (await store.setMany?.([...items, { key: 'explicit', entry: entryOf(1) }])) ?? []
        assert.deepEqual(
          outcomes.map((outcome) => outcome.stored),
          [false, true, true],
        )
        await misses(store, 'late')
        await holds(store, 'in time', 1)
      },
    },
    {
      rule: 'deleteMany says of each key, in order, whether there was an entry, and forgets no other',
      needs: ['deleteMany'],
      async check({ store }) {
        for (const key of ['a', 'b', 'c']) await put(store, key, 1)
        assert.deepEqual(await store.deleteMany?.(['b', 'missing', 'a', 'a']), [true, false, true, false])
        await misses(store, 'a', 'b')
        await holds(store, 'c', 1)
      },
    },
    {
      rule: 'empty batches do nothing',
      async check({ store }) {
        await put(store, 'k', 1)
        const answers = await Promise.all([store.getMany?.([]), store.setMany?.([]), store.deleteMany?.([])])
        for (const answer of answers) assert.ok(answer === undefined || answer.length === 0)
        await store.invalidate?.([])
        await holds(store, 'k', 1)
      },
    },
    {
      rule: 'batches may be large',
      async check({ store }) {
        if (store.setMany) await store.setMany(many.map((key) => ({ key, entry: entryOf(key) })))
        else for (const key of many) await put(store, key, key)
        const found = await (store.getMany?.(many) ?? Promise.all(many.map((key) => store.get(key))))
        assert.deepEqual(
          found.map((entry) => entry?.value),
          many,
        )
        const deleted = await (store.deleteMany?.(many) ?? Promise.all(many.map((key) => store.delete(key))))
        assert.ok(deleted.every(Boolean))
        await misses(store, ...many.slice(0, 3), ...many.slice(-3))
      },
    },
  ],
}
