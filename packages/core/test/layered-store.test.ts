import { describe, expect, it } from 'vitest'
import {
  entryOf,
  FakeClock,
  faulty,
  historyState,
  historyStore,
  mapStore,
  storeSuite,
} from '../../testkit/src/index.js'
import { type CacheOptions, createCache, type Entry, type Look, layered, type Store } from '../src/index.js'
import { acknowledgement } from '../src/layer-outcomes.js'
import { refused, STORED } from '../src/store.js'
import { granaryError } from './expectations.js'
import { batchStore, remoteStore, settled } from './stores.js'

const offers = ['deleteMany', 'invalidate', 'entries', 'prune', 'evict', 'stats', 'observe', 'close'] as const
const suite = (name: string, create: () => Store) => storeSuite({ describe, it }, name, { create, offers })

suite('layered(map)', () => layered(mapStore()))
suite('layered(remote)', () => layered(remoteStore()))
suite('layered(map, map)', () => layered(mapStore({ name: 'a' }), mapStore({ name: 'b' })))
suite('layered(map, remote)', () => layered(mapStore(), remoteStore()))
suite('layered(map, history)', () => layered(mapStore(), historyStore()))
suite('layered(map, batches, history)', () => layered(mapStore(), batchStore(), historyStore()))
suite('layered(map, layered(map, history))', () => layered(mapStore(), layered(mapStore(), historyStore())))

function open(layers: Store[], options: Partial<CacheOptions> = {}) {
  const clock = new FakeClock()
  return { clock, cache: createCache({ layers, clock, ...options }) }
}

describe('promotion', () => {
  it('brings what a farther layer has to every nearer one', async () => {
    const maps = [1, 2].map(() => new Map<string, Entry>())
    const far = remoteStore({ name: 'far' })
    const { cache } = open([mapStore({ map: maps[0] as never }), remoteStore({ map: maps[1] as never }), far])
    await cache.set('k', 'value')
    for (const map of maps) map.clear()
    expect(await cache.get('k')).toBe('value')
    await settled()
    expect(maps.map((map) => map.get('k')?.value)).toEqual(['value', 'value'])
  })

  it('P9: brings it with the life that is left, not a new one', async () => {
    const near = new Map<string, Entry>()
    const { cache, clock } = open([mapStore({ map: near }), remoteStore()])
    await cache.set('k', 'value', { ttl: 1_000 })
    const end = clock.now() + 1_000
    near.clear()
    clock.advance(900)
    expect(await cache.get('k')).toBe('value')
    expect(near.get('k')?.freshUntil).toBe(end)
    clock.advance(99)
    expect(await cache.get('k')).toBe('value')
    clock.advance(1)
    expect(await cache.get('k')).toBeUndefined()
  })

  it('B8: brings many at once', async () => {
    const near = new Map<string, Entry>()
    const { cache } = open([mapStore({ map: near }), batchStore()])
    await cache.setMany([
      ['a', 1],
      ['b', 2],
    ])
    near.clear()
    expect(await cache.getMany(['a', 'none', 'b'])).toEqual([1, undefined, 2])
    expect([...near.keys()].sort()).toEqual(['a', 'b'])
  })

  it('brings what a farther layer has that is in memory too', async () => {
    const near = new Map<string, Entry>()
    const { cache } = open([mapStore({ map: near }), mapStore({ name: 'second' })])
    await cache.set('k', 'value')
    near.clear()
    expect(await cache.get('k')).toBe('value')
    expect(near.get('k')?.value).toBe('value')
  })

  it('P1: does not bring back what was deleted, set or cleared while it was read', async () => {
    const ways = {
      delete: (cache: ReturnType<typeof open>['cache']) => cache.delete('k'),
      clear: (cache: ReturnType<typeof open>['cache']) => cache.clear(),
      tags: (cache: ReturnType<typeof open>['cache']) => cache.invalidateTags(['t']),
    }
    for (const [way, change] of Object.entries(ways)) {
      const near = new Map<string, Entry>()
      const far = faulty(remoteStore())
      const { cache } = open([mapStore({ map: near }), far])
      await cache.set('k', 'old', { tags: ['t'] })
      near.clear()
      far.hang('get')
      const reads = [cache.get('k'), cache.getOrCompute('k', () => 'computed')]
      const changing = change(cache)
      far.heal()
      await Promise.all([...reads, changing])
      expect([undefined, 'computed'], way).toContain(near.get('k')?.value)
      expect([undefined, 'computed'], way).toContain(await cache.get('k'))
    }
  })

  it('P1: does not put an older value over one that was set while it was read', async () => {
    const near = new Map<string, Entry>()
    const far = faulty(remoteStore())
    const { cache } = open([mapStore({ map: near }), far])
    await cache.set('k', 'old')
    near.clear()
    far.delay('get', 100, open([mapStore()]).clock)
    far.hang('get')
    const reading = cache.get('k')
    await cache.set('k', 'new')
    far.heal()
    await reading
    expect(await cache.get('k')).toBe('new')
    expect(near.get('k')?.value).toBe('new')
  })
})

describe('P1: what a run reads after it was ended', () => {
  const calls: [string, (cache: ReturnType<typeof createCache>, signal: AbortSignal) => Promise<unknown>][] = [
    ['by an abort', (cache, signal) => cache.getOrCompute('k', () => 'computed', { signal })],
    ['by an abort, in a batch', (cache, signal) => cache.getOrComputeMany(['k'], () => ['computed'], { signal })],
    ['by its deadline', (cache) => cache.getOrCompute('k', () => 'computed', { timeout: 20 })],
  ]
  for (const [how, call] of calls) {
    it(`is not promoted, since a delete meanwhile would not be noticed: ended ${how}`, async () => {
      const clock = new FakeClock()
      const map = new Map<string, Entry>()
      const near = mapStore()
      const far = faulty(remoteStore({ map }))
      const cache = createCache({ layers: [near, far], clock })
      await cache.set('k', 'old')
      await near.delete('k')
      // What the far layer has read by then, and answers late.
      const read = far.get.bind(far)
      const { promise: late, resolve: answer } = Promise.withResolvers<void>()
      far.get = async (key, look) => {
        const entry = await read(key, look)
        await late
        return entry
      }
      const slow = createCache({ layers: [near, far], clock })
      const controller = new AbortController()
      const ended = call(slow, controller.signal).catch(() => 'ended')
      await settled()
      controller.abort()
      clock.advance(20)
      expect(await ended).toBe('ended')
      const deleting = slow.delete('k')
      await settled()
      answer()
      await deleting
      await settled()
      expect(near.get('k')).toBeUndefined()
    })
  }
})

describe('P7: an outage in which many keys are computed', () => {
  for (const broken of [['set'], ['get', 'set', 'delete', 'invalidate', 'clear', 'lease']] as const) {
    it(`costs a layer that others share nothing of what it holds: ${broken.join(', ')}`, async () => {
      const state = historyState()
      const clock = new FakeClock()
      const other = historyStore({ state, clock })
      await other.set('theirs', entryOf('kept', { staleUntil: Number.POSITIVE_INFINITY }))
      const far = faulty(historyStore({ state, clock }) as Store)
      const cache = createCache({ layers: [far], clock })
      for (const operation of broken) far.fail(operation)
      for (let i = 0; i < 10_500; i++) expect(await cache.getOrCompute(`k${i}`, () => i)).toBe(i)
      far.heal()
      clock.advance('1m')
      expect(await cache.getOrCompute('k1', () => 'again')).toBe('again')
      await settled()
      expect((await other.get('theirs'))?.value).toBe('kept')
      expect(await cache.get('k1')).toBe('again')
    })
  }
})

describe('writing through', () => {
  it('P2: a computation that another process overtook is refused by the history, and leaves the nearer layers', async () => {
    const state = historyState()
    const near = new Map<string, Entry>()
    const { cache } = open([mapStore({ map: near }), remoteStore({ name: 'middle' }), historyStore({ state })])
    const other = historyStore({ state })
    const value = await cache.getOrCompute('k', async () => {
      await other.set('k', entryOf('newer'))
      return 'overtaken'
    })
    expect(value).toBe('overtaken')
    await settled()
    expect(near.has('k')).toBe(false)
    expect(await cache.get('k')).toBe('newer')
    expect((await cache.stats()).refusals).toEqual({ overtaken: 1 })
  })

  it('P2: a computation during which another process invalidated is refused too', async () => {
    const state = historyState()
    const { cache } = open([mapStore(), historyStore({ state })])
    const other = historyStore({ state })
    await cache.getOrCompute(
      'k',
      async () => {
        await other.invalidate([{ tag: 't' }])
        return 'stale'
      },
      { tags: ['t'] },
    )
    await settled()
    expect(await cache.get('k')).toBeUndefined()
    await cache.getOrComputeMany(['l'], async () => {
      await other.delete('l')
      return ['stale']
    })
    await settled()
    expect(await cache.get('l')).toBeUndefined()
  })

  it('a nearer layer that is too small for a value does not count, as long as a farther one has it', async () => {
    const small: Store = {
      ...mapStore({ name: 'small' }),
      set: () => refused('too-large'),
    }
    const { cache } = open([small, remoteStore()])
    expect(await cache.set('k', 'value')).toBe(true)
    expect(await cache.get('k')).toBe('value')
    expect((await cache.stats()).refusals).toEqual({ 'too-large': 1 })
    expect(await open([remoteStore(), small]).cache.set('k', 'value')).toBe(false)
  })

  it.each([
    [[STORED], STORED],
    [[STORED, STORED], STORED],
    [[refused('too-large'), STORED], STORED],
    [[STORED, refused('too-large')], refused('too-large')],
    [[refused('failed'), STORED], refused('failed')],
    [[refused('too-large'), refused('too-large')], refused('too-large')],
    [[refused('too-large'), STORED, refused('overtaken')], refused('overtaken')],
  ])('%o is acknowledged as %o', (outcomes, outcome) => expect(acknowledgement(outcomes)).toEqual(outcome))
})

describe('as a store', () => {
  it('needs a layer', () => {
    expect(() => layered()).toThrow(granaryError('INVALID_OPTION', /at least one layer/))
  })

  it('is named after its layers, and durable if one of them is', () => {
    expect(layered(mapStore(), historyStore())).toMatchObject({ name: 'map > history', durable: true })
    expect(layered(mapStore()).durable).toBe(false)
    expect(layered(mapStore()).local).toBeUndefined()
  })

  it('fills look with the positions of its layers, by which it refuses what was overtaken', async () => {
    const store = layered(mapStore(), historyStore())
    const look: Look = {}
    await store.get('k', look)
    expect(look.at).toEqual([expect.any(Number), undefined, expect.any(Number)])
    const entry = entryOf('late', { tags: ['t'] })
    for (const overtake of [
      () => store.delete('k'),
      () => store.set('k', entryOf('newer')),
      () => store.invalidate?.([{ tag: 't' }]),
      () => store.clear(),
    ]) {
      const look: Look = {}
      await store.get('k', look)
      await overtake()
      expect(await store.set('k', entry, look.at)).toMatchObject({ stored: false })
      expect((await store.get('k'))?.value).not.toBe('late')
    }
  })

  it('refuses what carries no position of its own', async () => {
    const store = layered(mapStore())
    for (const since of [5, [], [undefined]])
      expect(await store.set('k', entryOf(1), since)).toEqual(refused('forgotten'))
  })

  it('lies under a cache as any other store does', async () => {
    const near = new Map<string, Entry>()
    const cache = createCache({ layers: [mapStore({ map: near }), layered(mapStore({ name: 'b' }), historyStore())] })
    expect(await cache.getOrCompute('k', () => 'computed', { tags: ['t'] })).toBe('computed')
    await settled()
    near.clear()
    expect(await cache.get('k')).toBe('computed')
    expect(await cache.getOrCompute('k', () => 'fresh', { mode: 'refresh', tags: ['t'] })).toBe('fresh')
    await settled()
    near.clear()
    expect(await cache.get('k')).toBe('fresh')
    await cache.invalidateTags(['t'])
    expect(await cache.get('k')).toBeUndefined()
    expect(await cache.set('k', 'set')).toBe(true)
    near.clear()
    expect(await cache.get('k')).toBe('set')
    expect((await cache.stats()).refusals).toEqual({})
  })

  it('judges lives by the clock of the cache that it lies under', async () => {
    const near = new Map<string, Entry>()
    const { cache, clock } = open([mapStore({ map: near }), layered(remoteStore())])
    await cache.set('k', 'value', { ttl: 1_000 })
    near.clear()
    expect(await cache.get('k')).toBe('value')
    clock.advance(1_000)
    expect(await cache.get('k')).toBeUndefined()
  })

  it('tells of the failures of its layers', async () => {
    const far = faulty(remoteStore())
    far.fail('get', { error: new Error('broken') })
    const store = layered(mapStore(), far)
    const told: unknown[] = []
    store.observe?.((failure) => told.push(failure))
    expect(await store.get('k')).toBeUndefined()
    expect(told).toMatchObject([{ operation: 'get', error: { message: 'broken' } }])
  })
})
