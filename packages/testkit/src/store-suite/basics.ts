import assert from 'node:assert/strict'
import { physicalKey } from '@granary/core'
import { entryOf } from '../entry.js'
import { type Group, holds, list, misses, put } from './case.js'

export const basics: Group = {
  name: 'get, set, delete, clear',
  cases: [
    {
      rule: 'a key that was never set is a miss',
      check: ({ store }) => misses(store, 'k'),
    },
    {
      rule: 'what was set comes back, each under its key',
      async check({ store }) {
        await put(store, 'a', 1)
        await put(store, 'b', 2)
        await holds(store, 'a', 1)
        await holds(store, 'b', 2)
        await holds(store, 'a', 1)
      },
    },
    {
      rule: 'a set replaces the value of its key',
      async check({ store }) {
        await put(store, 'k', 'old', { tags: ['old'] })
        await put(store, 'k', 'new')
        await holds(store, 'k', 'new')
        assert.deepEqual((await store.get('k'))?.tags, [], 'the tags of the older value came back')
      },
    },
    {
      rule: 'undefined, null, false, 0, -0, NaN and the empty string are values, not misses',
      async check({ store }) {
        for (const value of [undefined, null, false, 0, -0, Number.NaN, '', 0n]) {
          await put(store, 'k', value)
          await holds(store, 'k', value)
        }
      },
    },
    {
      rule: 'delete forgets its key and no other',
      async check({ store }) {
        await put(store, 'a', 1)
        await put(store, 'b', 2)
        await store.delete('a')
        await misses(store, 'a')
        await holds(store, 'b', 2)
      },
    },
    {
      rule: 'delete says whether there was an entry',
      async check({ store }) {
        await put(store, 'k', undefined)
        assert.equal(await store.delete('k'), true, 'there was one')
        assert.equal(await store.delete('k'), false, 'there was none any more')
        assert.equal(await store.delete('never set'), false, 'there was none ever')
      },
    },
    {
      rule: 'a key can be set again after a delete and after a clear',
      async check({ store }) {
        await put(store, 'k', 1)
        await store.delete('k')
        await put(store, 'k', 2)
        await holds(store, 'k', 2)
        await store.clear()
        await put(store, 'k', 3)
        await holds(store, 'k', 3)
      },
    },
    {
      rule: 'clear forgets every entry of every namespace',
      async check({ store }) {
        await store.clear()
        await put(store, 'a', 1)
        await put(store, physicalKey('2:ns', 'b'), 2, { tags: ['t'] })
        await store.clear()
        await misses(store, 'a', physicalKey('2:ns', 'b'))
      },
    },
    {
      rule: 'a refused explicit set leaves no older value of its key, and no other key is touched',
      async check({ store, unstorable }) {
        await put(store, 'k', 'older')
        await put(store, 'other', 1)
        const outcome = await store.set('k', entryOf(unstorable))
        if (outcome.stored) await holds(store, 'k', unstorable)
        else {
          await misses(store, 'k')
          assert.ok(!(await list(store)).some((info) => info.key === 'k'), 'entries() still lists it')
        }
        await holds(store, 'other', 1)
      },
    },
    {
      rule: 'a local store answers get, set and delete at once, with the very entry that was set',
      needs: ['local'],
      async check({ store }) {
        const entry = entryOf({ a: 1 })
        assert.deepEqual(store.set('k', entry), { stored: true })
        assert.equal(store.get('k'), entry, 'another object, or a promise')
        assert.equal(store.delete('k'), true)
        assert.equal(store.get('k'), undefined)
      },
    },
    {
      rule: 'a local store has no history: the layered store judges its entries',
      needs: ['local'],
      async check({ store }) {
        assert.equal(store.invalidate, undefined)
      },
    },
  ],
}
