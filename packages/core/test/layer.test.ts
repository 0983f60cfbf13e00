import { describe, expect, it } from 'vitest'
import { FakeClock, historyStore, mapStore, storeSuite } from '../../testkit/src/index.js'
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

  it('B5: begins anew for what is promoted later', async () => {
    const { cache, clock } = stack('1m')
    await cache.set('k', 1)
    clock.advance('10m')
    expect((await cache.peek('k'))?.layer).toBe('far')
    expect((await cache.peek('k'))?.layer).toBe('near')
    clock.advance('1m')
    expect((await cache.peek('k'))?.layer).toBe('far')
  })

  it("B5: P9: forever is capped too, and a cap of 'forever' caps nothing", async () => {
    const { cache, clock, near } = stack('1m')
    await cache.set('k', 1, { ttl: 'forever' })
    expect(near.get('k')).toMatchObject({ freshUntil: clock.now() + 60_000, staleUntil: clock.now() + 60_000 })
    const uncapped = stack('forever')
    await uncapped.cache.set('k', 1, { ttl: 'forever' })
    expect(uncapped.near.get('k')?.freshUntil).toBe(Number.POSITIVE_INFINITY)
  })

  it('B5: caps remote layers too, and many entries at once', async () => {
    const clock = new FakeClock()
    const map = new Map<string, Entry>()
    const cache = createCache({ layers: [layer(batchStore({ map }), { ttl: '1m' })], clock })
    await cache.setMany([
      ['a', 1],
      ['b', 1, { ttl: '1s' }],
    ])
    expect([...map.values()].map(({ freshUntil }) => freshUntil - clock.now())).toEqual([60_000, 1_000])
  })

  it('B5: of two caps the shorter one counts, whichever is outside', () => {
    expect(layer(layer(mapStore(), { ttl: 100 }), { ttl: 50 }).policy?.longestLife).toBe(50)
    expect(layer(layer(mapStore(), { ttl: 50 }), { ttl: 100 }).policy?.longestLife).toBe(50)
    expect(layer(layer(mapStore(), { ttl: 50 }), {}).policy?.longestLife).toBe(50)
  })
})

describe('a policy', () => {
  it('wraps a store and gives a store with the same name and capabilities', () => {
    for (const store of [mapStore(), remoteStore(), batchStore(), historyStore()] as Store[]) {
      const wrapped = layer(store, { ttl: '1h' })
      expect(Object.keys(wrapped).sort()).toEqual([...Object.keys(store), 'policy'].sort())
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
