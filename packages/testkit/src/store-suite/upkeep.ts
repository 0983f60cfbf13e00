import assert from 'node:assert/strict'
import { physicalKey } from '@granary/core'
import { entryOf } from '../entry.js'
import { type Group, holds, list, listedKeys, put } from './case.js'

const KEYS = Array.from({ length: 50 }, (_, at) => `key ${String(at).padStart(2, '0')}`)

export const upkeep: Group = {
  name: 'entries, prune, evict, stats, close',
  cases: [
    {
      rule: 'entries() lists every entry once, with its metadata and without its value',
      needs: ['entries'],
      async check({ store }) {
        assert.deepEqual(await list(store), [])
        const info = { tags: ['t'], createdAt: 5, computeMs: 2.5, cost: 0.5 }
        const inside = physicalKey('2:ns', 'a')
        await put(store, inside, 'secret', info)
        await put(store, 'b', undefined)
        await put(store, 'b', undefined)
        const [a, ...others] = await list(store) // the key of a namespace begins with U+0001
        assert.deepEqual(
          others.map(({ key }) => key),
          ['b'],
        )
        assert.ok(a !== undefined && !('value' in a), 'a value was listed')
        for (const [name, value] of Object.entries(info)) assert.deepEqual(a[name as keyof typeof info], value)
        assert.deepEqual([a.key, a.namespace], [inside, '2:ns'])
        assert.deepEqual([a.freshUntil, a.staleUntil], [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY])
        assert.ok(a.size === undefined || a.size > 0, `a size of ${a.size}`)
      },
    },
    {
      rule: 'entries() does not list what was deleted or cleared and pruned',
      needs: ['entries'],
      async check({ store }) {
        for (const key of ['a', 'b', 'c']) await put(store, key, 1)
        await store.delete('b')
        assert.deepEqual(await listedKeys(store), ['a', 'c'])
        await store.clear()
        await store.prune?.()
        assert.deepEqual(await listedKeys(store), [])
      },
    },
    {
      rule: 'the store may be written while entries() runs: what is untouched is listed, nothing twice, and it ends',
      needs: ['entries'],
      async check({ store }) {
        for (const key of KEYS) await put(store, key, 1)
        const deleted = KEYS.slice(20, 30)
        const listed: string[] = []
        for await (const { key } of store.entries?.() ?? []) {
          if (listed.length === 0) for (const other of deleted) await store.delete(other)
          listed.push(key)
          if (key < 'key 10') await store.delete(key)
          if (key < 'key 10') await put(store, key, 2)
          await put(store, `added ${listed.length}`, 1)
          assert.ok(listed.length < 1_000, 'entries() does not end')
        }
        assert.equal(new Set(listed).size, listed.length, 'a key was listed twice')
        for (const key of KEYS) assert.ok(listed.includes(key) || deleted.includes(key), `${key} was not listed`)
        assert.equal((await listedKeys(store)).length, 40 + listed.length)
      },
    },
    {
      rule: 'a walk over entries() may be left early',
      needs: ['entries'],
      async check({ store }) {
        for (const key of KEYS) await put(store, key, 1)
        for await (const _ of store.entries?.() ?? []) break
        await put(store, 'k', 1)
        await store.delete('key 01')
        assert.equal((await list(store)).length, KEYS.length)
      },
    },
    {
      rule: 'prune removes what has expired, and not what is fresh, stale or forever; it says how many',
      needs: ['prune'],
      async check({ store, clock }) {
        const now = clock.now()
        await put(store, 'fresh', 1, { freshUntil: now + 3_600_000, staleUntil: now + 3_600_000 })
        await put(store, 'stale', 1, { freshUntil: now - 1_000, staleUntil: now + 3_600_000 })
        await put(store, 'forever', 1)
        const expired = { freshUntil: now - 2_000, staleUntil: now - 1_000 }
        for (const key of ['expired', 'expired too']) await store.set(key, entryOf(1, expired))
        const before = (await list(store)).length
        const pruned = await store.prune?.()
        if (store.entries) {
          assert.deepEqual(await listedKeys(store), ['forever', 'fresh', 'stale'])
          // A store that does not list what has expired removes more than it listed.
          assert.ok(Number(pruned) >= before - 3)
        }
        assert.equal(await store.get('expired'), undefined)
        for (const key of ['fresh', 'stale', 'forever']) await holds(store, key, 1)
        assert.equal(await store.prune?.(), 0)
      },
    },
    {
      rule: 'prune removes what was invalidated, and keeps what was set since',
      needs: ['prune', 'history'],
      async check({ store }) {
        await put(store, 'covered', 1, { tags: ['t'] })
        await put(store, 'spared', 1)
        await store.invalidate?.([{ tag: 't' }])
        await put(store, 'since', 1, { tags: ['t'] })
        await store.prune?.()
        if (store.entries) assert.deepEqual(await listedKeys(store), ['since', 'spared'])
        // What was invalidated is not listed: whether it is gone, only the number held can tell.
        if (store.stats) assert.equal((await store.stats()).entries, 2)
        await holds(store, 'since', 1)
        await holds(store, 'spared', 1)
      },
    },
    {
      rule: 'evict removes nothing while the limits are kept',
      needs: ['evict'],
      async check({ store }) {
        for (const key of ['a', 'b']) await put(store, key, 1)
        assert.equal(await store.evict?.(), 0)
        for (const key of ['a', 'b']) await holds(store, key, 1)
      },
    },
    {
      rule: 'stats count the entries held, and bytes that are not negative',
      needs: ['stats'],
      async check({ store }) {
        assert.equal((await store.stats?.())?.entries, 0, 'a new store is empty')
        for (const key of ['a', 'b', 'b', 'c']) await put(store, key, 'x'.repeat(100))
        const stats = await store.stats?.()
        assert.equal(stats?.entries, 3)
        assert.ok(stats !== undefined && stats.bytes >= 0 && Number.isFinite(stats.bytes), `bytes: ${stats?.bytes}`)
        await store.delete('b')
        assert.equal((await store.stats?.())?.entries, 2)
      },
    },
    {
      rule: 'a store may be closed twice, with writes under way',
      needs: ['close'],
      async check({ store }) {
        const write = store.set('k', entryOf(1))
        await store.close?.()
        assert.equal((await write).stored, true)
        await store.close?.()
      },
    },
    {
      rule: 'what cannot be read intact is a miss that the listener is told of, and no other entry suffers',
      needs: ['corrupt', 'observe'],
      async check({ store, corrupt }) {
        const failures: unknown[] = []
        store.observe?.(({ operation, key }) => failures.push({ operation, key }))
        for (const key of ['k', 'other']) await put(store, key, key)
        await corrupt?.(store, 'k')
        assert.equal(await store.get('k'), undefined)
        assert.deepEqual(failures[0], { operation: 'get', key: 'k' })
        await holds(store, 'other', 'other')
        await put(store, 'k', 'repaired')
        await holds(store, 'k', 'repaired')
      },
    },
  ],
}
