import { describe, expect, it } from 'vitest'
import { FakeClock, faulty, historyStore, mapStore } from '../../testkit/src/index.js'
import { type CacheOptions, createCache, type Entry, layer, type Store } from '../src/index.js'
import { batchStore, remoteStore, settled } from './stores.js'

function open(options: Partial<CacheOptions> = {}) {
  const clock = new FakeClock()
  const cache = createCache({ layers: [mapStore()], clock, ...options })
  return { cache, clock }
}

const LOWER: Record<string, () => Store> = {
  'a remote store': () => remoteStore(),
  'a remote store with batches': () => batchStore(),
  'a store with a history': () => historyStore(),
}

/** How a value that was there is replaced or taken away, and what may be read then, besides a miss. */
const WAYS: Record<string, { change(cache: ReturnType<typeof open>['cache']): Promise<unknown>; allowed: unknown[] }> =
  {
    set: { change: (cache) => cache.set('k', 'new'), allowed: ['new'] },
    setMany: {
      change: (cache) =>
        cache.setMany([
          ['k', 'new'],
          ['l', 'new'],
        ]),
      allowed: ['new'],
    },
    delete: { change: (cache) => cache.delete('k'), allowed: [] },
    deleteMany: { change: (cache) => cache.deleteMany(['k', 'l']), allowed: [] },
    invalidateTags: { change: (cache) => cache.invalidateTags(['t']), allowed: [] },
    clear: { change: (cache) => cache.clear(), allowed: [] },
    refresh: {
      change: (cache) => cache.getOrCompute('k', () => 'new', { mode: 'refresh', tags: ['t'] }),
      allowed: ['new'],
    },
  }

const WRITES = ['set', 'delete', 'clear', 'invalidate', 'entries'] as const

const rows = Object.keys(LOWER).flatMap((lower) => Object.keys(WAYS).map((way) => ({ lower, way })))

describe('P3: while a lower layer cannot write', () => {
  it.each(rows)(
    '$way over $lower: what was there before is never read, also after it recovers',
    async ({ lower, way }) => {
      const { change, allowed } = WAYS[way] as (typeof WAYS)[string]
      const near = new Map<string, Entry>()
      const far = faulty((LOWER[lower] as () => Store)())
      const { cache, clock } = open({ layers: [mapStore({ map: near }), far] })
      await cache.set('k', 'old', { tags: ['t'] })
      for (const operation of WRITES) far.fail(operation)
      await change(cache)
      await settled()
      const read = async () => {
        near.clear()
        for (const value of [
          await cache.get('k'),
          ...(await cache.getMany(['k', 'other'])),
          (await cache.peek('k'))?.value,
          await cache.getOrCompute('k', () => 'computed', { mode: 'read-only' }),
        ])
          expect([undefined, 'computed', ...allowed]).toContain(value)
      }
      await read()
      clock.advance('1m')
      await read()
      far.heal()
      await read()
      for (let step = 0; step < 5; step++) {
        clock.advance('1m')
        await read()
        await settled()
      }
      expect(await cache.set('k', 'newest')).toBe(true)
      near.clear()
      expect(await cache.get('k'), 'and the layer is used again').toBe('newest')
    },
  )

  it.each(Object.keys(LOWER))('over %s: also with more debts than are remembered one by one', async (lower) => {
    const near = new Map<string, Entry>()
    const far = faulty((LOWER[lower] as () => Store)())
    const { cache, clock } = open({ layers: [mapStore({ map: near }), far] })
    const keys = Array.from({ length: 10_050 }, (_, i) => `k${i}`)
    for (const key of [...keys, 'spared']) await cache.set(key, 'old')
    for (const operation of WRITES) far.fail(operation)
    for (const key of keys) await cache.delete(key)
    near.clear()
    const misses = async () => {
      for (const key of ['k0', 'k5000', 'k10001', 'k10049']) expect(await cache.get(key)).toBeUndefined()
    }
    await misses()
    far.heal()
    await misses()
    clock.advance('1m')
    await misses()
    await settled()
    await misses()
    expect(await cache.set('k0', 'new')).toBe(true)
    near.clear()
    expect(await cache.get('k0')).toBe('new')
  })

  it.each(Object.keys(LOWER))('over %s: a delete that is under way hides what it deletes', async (lower) => {
    const near = new Map<string, Entry>()
    const far = faulty((LOWER[lower] as () => Store)())
    const { cache } = open({ layers: [mapStore({ map: near }), far] })
    await cache.set('k', 'old')
    far.hang('delete')
    const deleting = cache.delete('k')
    near.clear()
    expect(await cache.get('k')).toBeUndefined()
    far.heal()
    await deleting
    expect(await cache.get('k')).toBeUndefined()
  })

  it.each(Object.keys(LOWER))(
    'over %s: an invalidation of tags that is under way hides what it covers',
    async (lower) => {
      const near = new Map<string, Entry>()
      const far = faulty((LOWER[lower] as () => Store)())
      const { cache } = open({ layers: [mapStore({ map: near }), far] })
      await cache.set('k', 'old', { tags: ['t'] })
      for (const operation of ['invalidate', 'delete', 'entries'] as const) far.hang(operation)
      const invalidating = cache.invalidateTags(['t'])
      near.clear()
      expect(await cache.get('k')).toBeUndefined()
      far.heal()
      await invalidating
      expect(await cache.get('k')).toBeUndefined()
    },
  )

  it.each(Object.keys(LOWER))('over %s: what is set after a failed delete is kept', async (lower) => {
    const near = new Map<string, Entry>()
    const far = faulty((LOWER[lower] as () => Store)())
    const { cache, clock } = open({ layers: [mapStore({ map: near }), far] })
    await cache.set('k', 'old')
    far.fail('delete', { times: 1 })
    await cache.delete('k')
    expect(await cache.set('k', 'new')).toBe(true)
    clock.advance('1m')
    await cache.get('other')
    await settled()
    near.clear()
    expect(await cache.get('k')).toBe('new')
  })

  it('what is set and acknowledged while an earlier set of the key fails is kept', async () => {
    const near = new Map<string, Entry>()
    const far = remoteStore()
    const first = Promise.withResolvers<never>()
    let sets = 0
    const slow: Store = { ...far, set: (key, entry) => (++sets === 1 ? first.promise : far.set(key, entry)) }
    const { cache, clock } = open({ layers: [mapStore({ map: near }), slow] })
    const setting = cache.set('k', 'first')
    const later = cache.set('k', 'second')
    first.reject(new Error('broken'))
    expect(await Promise.all([setting, later])).toEqual([false, true])
    clock.advance('1m')
    await cache.get('other')
    await settled()
    near.clear()
    expect(await cache.get('k')).toBe('second')
  })

  it('what is set while the layer catches up is kept', async () => {
    const near = new Map<string, Entry>()
    const far = faulty(remoteStore())
    const { cache, clock } = open({ layers: [mapStore({ map: near }), far] })
    for (const key of ['a', 'b']) await cache.set(key, 'old')
    far.fail('delete')
    await cache.deleteMany(['a', 'b'])
    far.heal()
    clock.advance('1m')
    expect(await cache.set('b', 'new')).toBe(true)
    await settled()
    near.clear()
    expect(await cache.get('b')).toBe('new')
  })

  it('what is set while tags are invalidated is kept', async () => {
    const near = new Map<string, Entry>()
    const far = faulty(remoteStore())
    const { cache } = open({ layers: [mapStore({ map: near }), far] })
    await cache.setMany([
      ['a', 'old', { tags: ['t'] }],
      ['b', 'old', { tags: ['t'] }],
    ])
    far.hang('delete')
    const invalidating = cache.invalidateTags(['t'])
    await settled()
    expect(await cache.set('b', 'new', { tags: ['t'] })).toBe(true)
    far.heal()
    await invalidating
    near.clear()
    expect(await cache.get('b')).toBe('new')
  })

  it.each(['set', 'setMany'] as const)(
    'after a failed delete, what it was to delete is not read while a %s is under way that hangs',
    async (way) => {
      const far = faulty(remoteStore())
      const { cache, clock } = open({ layers: [layer(far, { timeout: '10s' })] })
      await cache.set('k', 'old')
      far.fail('delete', { times: 1 })
      await cache.delete('k')
      expect(await cache.get('k')).toBeUndefined()
      far.hang('set')
      const setting = way === 'set' ? cache.set('k', 'new') : cache.setMany([['k', 'new']])
      expect([undefined, 'new']).toContain(await cache.get('k'))
      clock.advance('10s')
      await setting
      expect([undefined, 'new']).toContain(await cache.get('k'))
    },
  )

  it('fault 6: retries of keys and tags that fail again are no unhandled rejections', async () => {
    const far = faulty(remoteStore())
    const { cache, clock } = open({ layers: [far] })
    await cache.setMany([
      ['k', 'old'],
      ['l', 'old', { tags: ['t'] }],
    ])
    far.fail('delete')
    await cache.delete('k')
    await cache.invalidateTags(['t'])
    for (let step = 0; step < 3; step++) {
      clock.advance('1m')
      expect(await cache.getMany(['k', 'l'])).toEqual([undefined, undefined])
      await settled()
    }
  })

  it('says that a set was not applied everywhere', async () => {
    const far = faulty(remoteStore())
    const { cache } = open({ layers: [mapStore(), far] })
    far.fail('set')
    expect(await cache.set('k', 1)).toBe(false)
    expect(await cache.setMany([['l', 1]])).toEqual([false])
    expect(await cache.getMany(['k', 'l']), 'the nearer layer has it').toEqual([1, 1])
    expect(await cache.stats()).toMatchObject({ stores: 0, refusals: { failed: 2 } })
  })

  it('asks a layer that fails again only after a pause, which grows', async () => {
    const far = faulty(remoteStore())
    const { cache, clock } = open({ layers: [far] })
    await cache.set('k', 'old')
    far.fail('delete')
    await cache.delete('k')
    const tries: number[] = []
    for (let second = 0; second < 60; second++) {
      const before = far.calls.delete
      for (let call = 0; call < 10; call++) await cache.get('k')
      tries.push(far.calls.delete - before)
      clock.advance('1s')
    }
    expect(Math.max(...tries)).toBe(1)
    expect(tries.filter((count) => count > 0).length).toBeLessThan(12)
  })
})

describe('P3: while the near layer cannot write', () => {
  it.each(Object.keys(WAYS).filter((way) => way !== 'invalidateTags'))(
    'after %s, what it had before is never read',
    async (way) => {
      const { change, allowed } = WAYS[way] as (typeof WAYS)[string]
      const near = faulty(mapStore())
      const { cache } = open({ layers: [near, remoteStore()] })
      await cache.set('k', 'old', { tags: ['t'] })
      for (const operation of ['set', 'delete', 'clear'] as const) near.fail(operation)
      await change(cache)
      await settled()
      expect([undefined, ...allowed]).toContain(await cache.get('k'))
      near.heal()
      expect([undefined, ...allowed]).toContain(await cache.get('k'))
    },
  )
})

describe('P3: while a middle layer cannot write', () => {
  it.each(Object.keys(WAYS))('after %s, what it had before is never read', async (way) => {
    const { change, allowed } = WAYS[way] as (typeof WAYS)[string]
    const near = new Map<string, Entry>()
    const middle = faulty(remoteStore({ name: 'middle' }))
    const { cache, clock } = open({ layers: [mapStore({ map: near }), middle, historyStore()] })
    await cache.set('k', 'old', { tags: ['t'] })
    for (const operation of WRITES) middle.fail(operation)
    await change(cache)
    await settled()
    for (let step = 0; step < 4; step++) {
      near.clear()
      expect([undefined, ...allowed]).toContain(await cache.get('k'))
      if (step === 1) middle.heal()
      clock.advance('1m')
      await settled()
    }
  })
})

describe('batches', () => {
  it('B8: ask a layer once that can, however many keys', async () => {
    const far = faulty(batchStore())
    const { cache } = open({ layers: [mapStore(), far] })
    const keys = Array.from({ length: 50 }, (_, i) => `k${i}`)
    await cache.setMany(keys.map((key) => [key, key] as const))
    await cache.getMany([...keys, 'none', 'neither'])
    await cache.deleteMany(keys)
    expect(far.calls).toMatchObject({ setMany: 1, getMany: 1, deleteMany: 1, set: 0, get: 0, delete: 0 })
  })

  it('B8: ask a layer key by key that has no batches', async () => {
    const far = faulty(remoteStore())
    const { cache } = open({ layers: [far] })
    await cache.setMany([
      ['a', 1],
      ['b', 2],
    ])
    expect(await cache.getMany(['a', 'b'])).toEqual([1, 2])
    expect(far.calls).toMatchObject({ set: 2, get: 2 })
  })

  it('B8: ask a farther layer only for what the nearer ones do not have', async () => {
    const asked: (readonly string[])[] = []
    const far = batchStore()
    const store: Store = {
      ...far,
      async getMany(keys) {
        asked.push(keys)
        return keys.map(() => undefined)
      },
    }
    const { cache } = open({ layers: [mapStore(), store] })
    await cache.set('a', 1)
    await cache.getMany(['a', 'b', 'c'])
    await cache.getMany(['a'])
    expect(asked).toEqual([['b', 'c']])
  })
})
