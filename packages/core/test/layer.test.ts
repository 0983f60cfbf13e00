import { describe, expect, it } from 'vitest'
import { entryOf, FakeClock, historyStore, mapStore, storeSuite } from '../../testkit/src/index.js'
import { createCache, type Entry, layer, type Store } from '../src/index.js'
import { granaryError } from './expectations.js'
import { batchStore, remoteStore } from './stores.js'

function stack(nearTtl: string | number) {
  const clock = new FakeClock()
  const near = new Map<string, Entry>()
  const far = new Map<string, Entry>()
  const layers = [
    layer(mapStore({ name: 'near', map: near }), { ttl: nearTtl }),
    remoteStore({ name: 'far', map: far }),
  ]
  return { clock, near, far, cache: createCache({ layers, clock, ttl: '1h' }) }
}

storeSuite({ describe, it }, 'layer(map)', { create: () => layer(mapStore(), { ttl: 'forever' }) })
storeSuite({ describe, it }, 'layer(history)', { create: () => layer(historyStore(), { ttl: 'forever' }) })

describe('the cap on lives', () => {
  it('B5: P9: shortens what lives longer, in this layer alone', async () => {
    const { cache, clock, near, far } = stack('1m')
    await cache.set('k', 1)
    await cache.setMany([['l', 1]])
    await cache.set('short', 1, { ttl: '1s' })
    for (const key of ['k', 'l']) {
      expect(near.get(key)?.freshUntil).toBe(clock.now() + 60_000)
      expect(far.get(key)?.freshUntil).toBe(clock.now() + 3_600_000)
    }
    expect(near.get('short')?.freshUntil).toBe(clock.now() + 1_000)
    clock.advance('1m')
    expect((await cache.peek('k'))?.layer).toBe('far')
  })

  it('B5: P9: caps what is promoted, and never makes its life longer', async () => {
    const { cache, clock, near } = stack('30s')
    await cache.set('k', 1, { ttl: '1m' })
    clock.advance('10s')
    near.clear()
    expect(await cache.get('k')).toBe(1)
    expect(near.get('k')?.freshUntil).toBeLessThanOrEqual(clock.now() + 30_000)
    clock.advance('50s')
    expect(await cache.get('k')).toBeUndefined()
  })

  it('[open bug: the near layer is never used again] B5: begins anew for what is promoted later', async () => {
    const { cache, clock } = stack('1m')
    await cache.set('k', 1)
    clock.advance('10m')
    expect((await cache.peek('k'))?.layer).toBe('far')
    expect((await cache.peek('k'))?.layer).toBe('near')
    clock.advance('1m')
    expect((await cache.peek('k'))?.layer).toBe('far')
  })

  it("B5: forever is capped too, and a cap of 'forever' caps nothing", () => {
    const map = new Map<string, Entry>()
    void layer(mapStore({ map }), { ttl: '1s' }).set('k', entryOf(1, { createdAt: 5 }))
    expect(map.get('k')).toMatchObject({ freshUntil: 1_005, staleUntil: 1_005 })
    const entry = entryOf(1)
    void layer(mapStore({ map }), { ttl: 'forever' }).set('k', entry)
    expect(map.get('k')).toBe(entry)
  })

  it('B5: cuts off grace before it cuts off freshness', () => {
    const map = new Map<string, Entry>()
    void layer(mapStore({ map }), { ttl: 100 }).set('k', entryOf(1, { createdAt: 0, freshUntil: 50, staleUntil: 500 }))
    expect(map.get('k')).toMatchObject({ freshUntil: 50, staleUntil: 100 })
  })

  it('gives the nearest caps the word, one over another', () => {
    const map = new Map<string, Entry>()
    void layer(layer(mapStore({ map }), { ttl: 100 }), { ttl: 50 }).set('k', entryOf(1, { createdAt: 0 }))
    expect(map.get('k')?.freshUntil).toBe(50)
  })
})

describe('a policy', () => {
  it('wraps a store and gives a store with the same name and capabilities', () => {
    for (const store of [mapStore(), remoteStore(), batchStore(), historyStore()] as Store[]) {
      const wrapped = layer(store, { ttl: '1h' })
      expect(Object.keys(wrapped).sort()).toEqual(Object.keys(store).sort())
      expect([wrapped.name, wrapped.local, wrapped.durable]).toEqual([store.name, store.local, store.durable])
    }
  })

  it('that says nothing gives the store itself', () => {
    const store = mapStore()
    expect(layer(store, {})).toBe(store)
  })

  it('B5: of one layer leaves values frozen and shared', async () => {
    const { cache } = stack('1m')
    await cache.set('k', { a: 1 })
    const value = await cache.get('k')
    expect(await cache.get('k')).toBe(value)
  })

  it.each([{ tll: 1 }, { ttl: 0 }, { ttl: Number.NaN }, { ttl: '' }, undefined, '1h'])(
    'fault 23: of %o is refused',
    (policy) => {
      expect(() => layer(mapStore(), policy as never)).toThrow(granaryError('INVALID_OPTION', /layer/))
    },
  )
})
