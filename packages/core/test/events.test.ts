import { describe, expect, expectTypeOf, it } from 'vitest'
import { FakeClock, faulty, mapStore } from '../../testkit/src/index.js'
import { type CacheEvent, type CacheOptions, createCache } from '../src/index.js'
import { remoteStore, settled } from './stores.js'

function open(options: Partial<CacheOptions> = {}) {
  const clock = new FakeClock()
  const cache = createCache({ layers: [mapStore()], clock, ...options })
  const events: CacheEvent[] = []
  return { cache, clock, events, stop: cache.on((event) => events.push(event)) }
}

describe('events', () => {
  it('tell of reads, computations, writes and invalidations, in their order', async () => {
    const { cache, clock, events } = open()
    const space = cache.namespace('a')
    await space.getOrCompute('k', () => {
      clock.advance(5)
      return 1
    })
    await space.getOrCompute('k', () => 2)
    await space.get('k')
    await space.get('none')
    await space.set('k', 3)
    await space.delete('k')
    await space.invalidateTags(['t'])
    await space.clear()
    await cache.getOrCompute('f', () => Promise.reject(new Error('x'))).catch(() => {})
    expect(events.map(({ type }) => type)).toEqual([
      ...['miss', 'compute', 'store', 'hit', 'hit', 'miss', 'store', 'delete', 'invalidate', 'invalidate'],
      ...['miss', 'compute-failure'],
    ])
    expect(events[0]).toEqual({ type: 'miss', namespace: '1:a', keyDigest: expect.stringMatching(/^[0-9a-f]{16}$/) })
    expect(events[1]).toMatchObject({ type: 'compute', ms: 5 })
    expect(events[3]).toMatchObject({ type: 'hit', layer: 'map' })
    expect(events.slice(8, 10)).toEqual([
      { type: 'invalidate', tagDigests: [expect.stringMatching(/^[0-9a-f]{16}$/)] },
      { type: 'invalidate', namespace: '1:a' },
    ])
  })

  it('tell of a value that one layer did not keep, and of one that the cache did not', async () => {
    const far = faulty(remoteStore())
    far.fail('set')
    const { cache, events } = open({ layers: [mapStore(), far] })
    await cache.set('k', 1)
    await cache.getOrCompute('l', (run) => {
      run.ttl = 0
      return 1
    })
    const refusals = events.filter(({ type }) => type === 'refuse')
    expect(refusals).toMatchObject([{ reason: 'failed', layer: 'remote' }, { reason: 'ttl' }])
    expect(refusals[1]).not.toHaveProperty('layer')
  })

  it('fault 46: carry no keys, values or tags of entries, unless debug is asked for', async () => {
    const { cache, events } = open({ layers: [mapStore(), remoteStore()] })
    await cache.set('canary-key', 'canary-value', { tags: ['canary-tag'] })
    await cache.get('canary-key')
    await cache.getOrCompute('canary-2', () => ({ a: 'canary-value' }))
    await cache.delete('canary-key')
    await cache.invalidateTags(['canary-tag'])
    await settled()
    expect(events.length).toBeGreaterThan(4)
    expect(JSON.stringify(events)).not.toContain('canary')
  })

  it('carry keys and tags with debug', async () => {
    const { cache, events } = open({ debug: true })
    await cache.namespace('a').get('k')
    await cache.invalidateTags(['t'])
    expect(events.filter(({ type }) => type !== 'explain')).toMatchObject([
      { type: 'miss', key: 'k', namespace: '1:a' },
      { type: 'invalidate', tags: ['t'] },
    ])
  })

  it('tell different keys apart, and the same key of two namespaces', async () => {
    const { cache, events } = open()
    await cache.get('a')
    await cache.get('b')
    await cache.namespace('n').get('a')
    const digests = events.map((event) => 'keyDigest' in event && event.keyDigest)
    expect(new Set(digests).size).toBe(3)
  })
})

describe('listeners', () => {
  it('end when told so, each for itself', async () => {
    const { cache, events, stop } = open()
    const more: CacheEvent[] = []
    const listener = (event: CacheEvent) => void more.push(event)
    const stops = [cache.on(listener), cache.on(listener)]
    await cache.get('a')
    stops[0]?.()
    stops[0]?.()
    await cache.get('a')
    stop()
    stops[1]?.()
    await cache.get('a')
    expect([events.length, more.length]).toEqual([2, 3])
  })

  it('P7: that throw break nothing, and keep no other from being told', async () => {
    const { cache } = open()
    let told = 0
    cache.on(() => {
      throw new Error('listener')
    })
    cache.on(() => told++)
    expect(await cache.getOrCompute('k', () => 1)).toBe(1)
    expect(await cache.getOrCompute('k', () => 2)).toBe(1)
    expect(told).toBe(4)
  })

  it('P7: fault 6: that are asynchronous and reject break nothing', async () => {
    const { cache } = open()
    cache.on(async () => {
      throw new Error('listener')
    })
    expect(await cache.getOrCompute('k', () => 1)).toBe(1)
  })

  it('may use the cache', async () => {
    const { cache } = open()
    let nested = 0
    cache.on((event) => {
      if (event.type === 'store' && nested++ < 3) void cache.set(`nested ${nested}`, 1)
    })
    await cache.set('k', 1)
    await settled()
    expect(await cache.has('nested 3')).toBe(true)
  })

  it('P7: tell once for each operation of a layer that is off, and the statistics count every call', async () => {
    const off = faulty(remoteStore())
    const { cache, events } = open({ layers: [off] })
    off.fail('get', { error: new Error('off') })
    off.fail('stats', { error: new Error('off') })
    for (let i = 0; i < 10; i++) await cache.get('k')
    await cache.stats()
    const failures = () => events.flatMap((event) => (event.type === 'failure' ? [event.operation] : []))
    expect(failures()).toEqual(['get', 'stats'])
    off.fail('get', { error: new Error('for another reason') })
    await cache.get('k')
    expect(failures()).toEqual(['get', 'stats', 'get'])
    expect((await cache.stats()).layers[0]?.failures).toBe(13)
  })

  it('are told of the whole cache by any of its namespaces', async () => {
    const { cache } = open()
    const told: CacheEvent[] = []
    cache.namespace('a').on((event) => told.push(event))
    await cache.namespace('b').get('k')
    expect(told).toHaveLength(1)
  })
})

it('is a union that is told apart by type', () => {
  const read = (event: CacheEvent) => {
    if (event.type === 'hit') expectTypeOf(event.layer).toEqualTypeOf<string>()
    if (event.type === 'compute') expectTypeOf(event.ms).toEqualTypeOf<number>()
    if (event.type === 'failure') expectTypeOf(event.error).toEqualTypeOf<unknown>()
  }
  expect(read).toBeTypeOf('function')
})
