import { describe, expect, it } from 'vitest'
import { FakeClock, faulty, mapStore } from '../../testkit/src/index.js'
import { createCache, type Entry, type Store } from '../src/index.js'
import { latencyIn } from '../src/latencies.js'
import { Counters } from '../src/stats.js'
import { remoteStore, settled } from './stores.js'

function open(layers: Store[] = [mapStore()]) {
  const clock = new FakeClock()
  return { clock, cache: createCache({ layers, clock }) }
}

describe('stats', () => {
  it('of a new cache are nothing', async () => {
    const none = latencyIn(undefined)
    expect(await open().cache.stats()).toEqual({
      hits: 0,
      misses: 0,
      staleHits: 0,
      negativeHits: 0,
      refreshes: 0,
      throttled: 0,
      hitRate: 0,
      computations: 0,
      computeFailures: 0,
      computeMs: 0,
      savedMs: 0,
      savedCost: 0,
      saved: { hits: 0, ms: 0, cost: 0 },
      latency: { hit: none, compute: none },
      stores: 0,
      refusals: {},
      inFlight: 0,
      marks: 0,
      layers: [{ name: 'map', hits: 0, failures: 0, entries: 0, bytes: 0, latency: { get: none, set: none } }],
    })
  })

  it('count hits by layer, computing time and what hits saved of it', async () => {
    const near = new Map<string, Entry>()
    const { cache, clock } = open([mapStore({ name: 'near', map: near }), remoteStore({ name: 'far' })])
    const compute = () => {
      clock.advance(100)
      return 1
    }
    await cache.getOrCompute('k', compute)
    for (let i = 0; i < 3; i++) await cache.getOrCompute('k', compute)
    near.clear()
    await cache.get('k')
    await settled()
    expect(await cache.stats()).toMatchObject({
      hits: 4,
      misses: 1,
      hitRate: 0.8,
      computations: 1,
      computeMs: 100,
      savedMs: 400,
      stores: 1,
      layers: [
        { name: 'near', hits: 3, entries: 1 },
        { name: 'far', hits: 1, entries: 1 },
      ],
    })
  })

  it('count by namespace, with all below', async () => {
    const { cache } = open()
    const [a, ab] = [cache.namespace('a'), cache.namespace('a').namespace('b')]
    await ab.getOrCompute('k', () => 1)
    await ab.get('k')
    await a.get('none')
    expect(await ab.stats()).toMatchObject({ hits: 1, misses: 1, computations: 1, stores: 1 })
    expect(await a.stats()).toMatchObject({ hits: 1, misses: 2, computations: 1, stores: 1 })
    expect(await cache.stats()).toMatchObject({ hits: 1, misses: 2, computations: 1, stores: 1 })
    expect(await cache.namespace('other').stats()).toMatchObject({ hits: 0, misses: 0, computations: 0 })
  })

  it('count what is under way', async () => {
    const { cache } = open()
    const { promise, resolve } = Promise.withResolvers<number>()
    const computing = cache.getOrCompute('k', () => promise)
    expect((await cache.stats()).inFlight).toBe(1)
    resolve(1)
    await computing
    expect(await cache.stats()).toMatchObject({ inFlight: 0, marks: 0 })
  })

  it('are a copy', async () => {
    const { cache } = open()
    const before = await cache.stats()
    await cache.get('k')
    expect(before.misses).toBe(0)
  })

  it('P7: of a layer that fails to say are 0', async () => {
    const far = faulty(remoteStore())
    far.fail('stats')
    const { cache } = open([far])
    await cache.set('k', 1)
    expect((await cache.stats()).layers).toMatchObject([{ entries: 0, bytes: 0 }])
    expect((await cache.stats()).layers).toMatchObject([{ failures: 2 }])
  })

  it('count the failures of the layer that failed, where two have one name', async () => {
    const second = faulty(remoteStore({ name: 'same' }))
    second.fail('get')
    const { cache } = open([remoteStore({ name: 'same' }), second])
    await cache.get('k')
    expect((await cache.stats()).layers.map(({ failures }) => failures)).toEqual([0, 1])
  })
})

describe('counters', () => {
  it('add to those that contain them', () => {
    const parent = new Counters(2)
    const own = new Counters(2, parent)
    own.hit(1, 50, 2)
    own.count('misses')
    own.computed(7)
    own.refused('ttl')
    own.refused('ttl')
    parent.count('stores')
    const latency = { get: latencyIn(undefined), set: latencyIn(undefined) }
    const layers = ['a', 'b'].map((name) => ({ name, failures: 0, entries: 0, bytes: 0, latency }))
    const about = { inFlight: 0, marks: 0, saved: { hits: 0, ms: 0, cost: 0 } }
    const expected = {
      hits: 1,
      misses: 1,
      hitRate: 0.5,
      computations: 1,
      computeMs: 7,
      savedMs: 50,
      savedCost: 2,
      refusals: { ttl: 2 },
    }
    expect(own.snapshot(about, layers)).toMatchObject({ ...expected, stores: 0 })
    expect(parent.snapshot(about, layers)).toMatchObject({ ...expected, stores: 1 })
  })
})
