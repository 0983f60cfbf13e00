import { describe, expect, it, vi } from 'vitest'
import { FakeClock, faulty, historyState, historyStore, mapStore } from '../../testkit/src/index.js'
import { type Cache, type CacheEvent, createCache, layered, type News, type Store } from '../src/index.js'
import { settled } from './stores.js'

/** Two processes over one backend, each with memory before it; by one clock. */
function twoProcesses(change: (store: Store) => Store = (store) => store) {
  const clock = new FakeClock()
  const state = historyState()
  const process = (): Cache =>
    createCache({ layers: [mapStore(), change(historyStore({ state, clock }) as Store)], clock, ttl: '1h' })
  return { clock, ours: process(), theirs: process() }
}

const withoutFeed = ({ feed: _, ...store }: Store): Store => store

describe('P5: what another process invalidates', () => {
  const changes: [string, (cache: Cache) => Promise<unknown>, unknown][] = [
    ['delete', (cache) => cache.delete('k'), undefined],
    ['deleteMany', (cache) => cache.deleteMany(['a', 'k']), undefined],
    ['tag', (cache) => cache.invalidateTags(['t']), undefined],
    ['clear', (cache) => cache.clear(), undefined],
    ['set', (cache) => cache.set('k', 'theirs'), 'theirs'],
  ]

  for (const [name, change, then] of changes) {
    it(`is seen behind the memory layer after 10 ms at most: ${name}`, async () => {
      const { clock, ours, theirs } = twoProcesses()
      await ours.set('k', 'ours', { tags: ['t'] })
      expect(await ours.get('k')).toBe('ours')
      await change(theirs)
      clock.advance(10)
      expect(await ours.get('k')).toBe(then)
    })

    it(`is not seen where there is no feed, as the control: ${name}`, async () => {
      const { clock, ours, theirs } = twoProcesses(withoutFeed)
      await ours.set('k', 'ours', { tags: ['t'] })
      await change(theirs)
      clock.advance('1m')
      expect(await ours.get('k')).toBe('ours')
    })
  }

  it('is seen by every way to read', async () => {
    const ways: ((cache: Cache) => Promise<unknown>)[] = [
      (cache) => cache.get('k'),
      (cache) => cache.peek('k'),
      async (cache) => (await cache.getMany(['k']))[0],
      async (cache) => ((await cache.has('k')) ? 'there' : undefined),
      (cache) => cache.getOrCompute('k', () => undefined),
      async (cache) => (await cache.getOrComputeMany(['k'], () => [undefined]))[0],
    ]
    for (const read of ways) {
      const { clock, ours, theirs } = twoProcesses()
      await ours.set('k', 'ours')
      await theirs.delete('k')
      clock.advance(10)
      expect(await read(ours)).toBeUndefined()
    }
  })

  it('leaves alone what it does not cover', async () => {
    const { clock, ours, theirs } = twoProcesses()
    await ours.set('k', 1, { tags: ['t'] })
    await ours.namespace('n').set('k', 2)
    await theirs.delete('l')
    await theirs.invalidateTags(['u'])
    await theirs.namespace('m').clear()
    clock.advance(10)
    const hits: CacheEvent[] = []
    ours.on((event) => hits.push(event))
    expect(await ours.get('k')).toBe(1)
    expect(await ours.namespace('n').get('k')).toBe(2)
    expect(hits).toMatchObject([
      { type: 'hit', layer: 'map' },
      { type: 'hit', layer: 'map' },
    ])
  })

  it('one’s own invalidations are no news', async () => {
    const { clock, ours } = twoProcesses()
    await ours.delete('k')
    await ours.set('k', 1)
    await ours.set('k', 2)
    clock.advance(10)
    const events: CacheEvent[] = []
    ours.on((event) => events.push(event))
    await ours.get('k')
    expect(events).toMatchObject([{ type: 'hit', layer: 'map' }])
  })

  it('a computation that it overtakes is detached: the next caller computes', async () => {
    const { clock, ours, theirs } = twoProcesses()
    const first = Promise.withResolvers<string>()
    const old = ours.getOrCompute('k', () => first.promise)
    await settled()
    await theirs.delete('k')
    clock.advance(10)
    await ours.get('other')
    expect(await ours.getOrCompute('k', () => 'new', { mode: 'refresh' })).toBe('new')
    first.resolve('old')
    expect(await old).toBe('old')
    expect(await ours.get('k')).toBe('new')
  })

  it('a gap drops the near layer, and is told', async () => {
    const { clock, ours } = twoProcesses((store) => {
      const feed = store.feed as NonNullable<Store['feed']>
      let told: (news: News) => void = () => {}
      const polled = vi.fn(() => told('gap'))
      return {
        ...store,
        feed(listener) {
          told = listener
          return { ...feed.call(store, listener), poll: polled }
        },
      }
    })
    await ours.set('k', 1)
    const events: CacheEvent[] = []
    ours.on((event) => events.push(event))
    clock.advance(10)
    expect(await ours.get('k')).toBe(1)
    expect(events).toMatchObject([
      { type: 'gap', layer: 'history' },
      { type: 'hit', layer: 'history' },
    ])
  })

  it('P7: a feed that fails is an event, and the cache goes on', async () => {
    const clock = new FakeClock()
    const store: Store = {
      ...(historyStore({ clock }) as Store),
      feed: () => ({
        poll() {
          throw new Error('no news')
        },
        close() {},
      }),
    }
    const broken = faulty(store)
    const cache = createCache({ layers: [mapStore(), broken], clock })
    const events: CacheEvent[] = []
    cache.on((event) => events.push(event))
    expect(await cache.getOrCompute('k', () => 1)).toBe(1)
    clock.advance(10)
    expect(await cache.get('k')).toBe(1)
    expect(events.filter(({ type }) => type === 'failure')).toMatchObject([
      { operation: 'feed' },
      { operation: 'feed' },
    ])
  })

  it('is asked for every 10 ms at most, by no timer, and not after close()', async () => {
    const clock = new FakeClock()
    const poll = vi.fn()
    const close = vi.fn()
    const store: Store = { ...(historyStore({ clock }) as Store), feed: () => ({ poll, close }) }
    const cache = createCache({ layers: [mapStore(), store], clock })
    await cache.set('k', 1)
    for (let ms = 0; ms < 100; ms++) {
      await cache.get('k')
      clock.advance(1)
    }
    expect(poll).toHaveBeenCalledTimes(10)
    expect(clock.pending).toBe(0)
    await cache.close()
    expect(close).toHaveBeenCalledTimes(1)
    expect(poll).toHaveBeenCalledTimes(10)
  })

  it('comes by itself where the store can: nothing is asked for', async () => {
    const clock = new FakeClock()
    let tell: (news: News) => void = () => {}
    const store: Store = {
      ...(historyStore({ clock }) as Store),
      feed(listener) {
        tell = listener
        return { close() {} }
      },
    }
    const cache = createCache({ layers: [mapStore(), store], clock })
    await cache.set('k', 1)
    const layers: CacheEvent[] = []
    cache.on((event) => layers.push(event))
    tell([{ key: 'k' }])
    expect(await cache.get('k')).toBe(1)
    expect(layers).toMatchObject([{ type: 'hit', layer: 'history' }])
  })

  it('reaches a near layer that layered() stacked', async () => {
    const clock = new FakeClock()
    const state = historyState()
    const open = () => layered(mapStore(), historyStore({ state, clock }) as Store)
    const ours = createCache({ layers: [open()], clock })
    const theirs = createCache({ layers: [open()], clock })
    await ours.set('k', 1)
    await theirs.delete('k')
    clock.advance(10)
    expect(await ours.get('k')).toBeUndefined()
  })
})
