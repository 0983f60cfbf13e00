import assert from 'node:assert/strict'
import { entryOf } from '../entry.js'
import { type Group, holds, misses, put } from './case.js'

// Nothing is awaited between the calls here: what counts is their order, not that of their promises.
export const order: Group = {
  name: 'the order of calls',
  cases: [
    {
      rule: 'a get that is called after a set sees it',
      async check({ store }) {
        const [, found] = await Promise.all([store.set('k', entryOf(1)), store.get('k')])
        assert.equal(found?.value, 1)
      },
    },
    {
      rule: 'of many sets of one key the last remains, and each get sees the set before it',
      async check({ store }) {
        const calls: unknown[] = []
        for (let value = 0; value < 100; value++) calls.push(store.set('k', entryOf(value)), store.get('k'))
        const results = (await Promise.all(calls)) as { value?: unknown }[]
        const seen = results.filter((_, at) => at % 2 === 1).map((entry) => entry?.value)
        assert.deepEqual(
          seen,
          Array.from({ length: 100 }, (_, at) => at),
        )
        await holds(store, 'k', 99)
      },
    },
    {
      rule: 'a get that is called after a delete does not see what was there',
      async check({ store }) {
        await put(store, 'k', 1)
        const [deleted, found] = await Promise.all([store.delete('k'), store.get('k')])
        assert.deepEqual([deleted, found], [true, undefined])
        await misses(store, 'k')
      },
    },
    {
      rule: 'set, delete and set take effect in this order',
      async check({ store }) {
        const [, deleted, , found] = await Promise.all([
          store.set('k', entryOf(1)),
          store.delete('k'),
          store.set('k', entryOf(2)),
          store.get('k'),
        ])
        assert.deepEqual([deleted, found?.value], [true, 2])
        await holds(store, 'k', 2)
      },
    },
    {
      rule: 'set and delete take effect in this order',
      async check({ store }) {
        await Promise.all([store.set('k', entryOf(1)), store.delete('k')])
        await misses(store, 'k')
      },
    },
    {
      rule: 'clear covers the sets before it and not those after it',
      async check({ store }) {
        const [, , , before, after] = await Promise.all([
          store.set('before', entryOf(1)),
          store.clear(),
          store.set('after', entryOf(2)),
          store.get('before'),
          store.get('after'),
        ])
        assert.deepEqual([before, after?.value], [undefined, 2])
        await misses(store, 'before')
        await holds(store, 'after', 2)
      },
    },
    {
      rule: 'a get sees the batches that were called before it',
      needs: ['setMany', 'deleteMany'],
      async check({ store }) {
        const items = ['a', 'b'].map((key) => ({ key, entry: entryOf(key) }))
        const [, a, , b, stillA] = await Promise.all([
          store.setMany?.(items),
          store.get('a'),
          store.deleteMany?.(['b']),
          store.get('b'),
          store.get('a'),
        ])
        assert.deepEqual([a?.value, b, stillA?.value], ['a', undefined, 'a'])
      },
    },
    {
      rule: 'getMany sees the single writes that were called before it',
      needs: ['getMany'],
      async check({ store }) {
        await put(store, 'b', 'old')
        const [, , found] = await Promise.all([
          store.set('a', entryOf('a')),
          store.delete('b'),
          store.getMany?.(['a', 'b']),
        ])
        assert.deepEqual(
          found?.map((entry) => entry?.value),
          ['a', undefined],
        )
      },
    },
    {
      rule: 'single writes and batches take effect in the order of their calls',
      needs: ['setMany'],
      async check({ store }) {
        await Promise.all([
          store.set('k', entryOf(1)),
          store.setMany?.([{ key: 'k', entry: entryOf(2) }]),
          store.set('l', entryOf(1)),
          store.set('k', entryOf(3)),
          store.setMany?.([{ key: 'l', entry: entryOf(2) }]),
        ])
        await holds(store, 'k', 3)
        await holds(store, 'l', 2)
      },
    },
    {
      rule: 'what a mark covers is a miss to a get that is called after it',
      needs: ['history'],
      async check({ store }) {
        await put(store, 'k', 1, { tags: ['t'] })
        const [, covered, , later] = await Promise.all([
          store.invalidate?.([{ tag: 't' }]),
          store.get('k'),
          store.set('k', entryOf(2, { tags: ['t'] })),
          store.get('k'),
        ])
        // The set that was called after it may answer the get already.
        assert.notEqual(covered?.value, 1)
        assert.equal(later?.value, 2)
      },
    },
  ],
}
