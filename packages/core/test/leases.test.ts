import { describe, expect, it, vi } from 'vitest'
import { FakeClock, faulty, historyState, historyStore, mapStore } from '../../testkit/src/index.js'
import { type Cache, type CacheEvent, createCache, type LeaseRequest, layer, type Store } from '../src/index.js'
import { settled } from './stores.js'

/** Processes over one backend, each with memory before it; by one clock. */
function processes(count: number, change: (store: Store) => Store = (store) => store) {
  const clock = new FakeClock()
  const state = historyState()
  const caches = Array.from({ length: count }, (): Cache => {
    return createCache({ layers: [mapStore(), change(historyStore({ state, clock }) as Store)], clock })
  })
  return { clock, state, caches: caches as [Cache, Cache, ...Cache[]] }
}

const pause = async () => {
  for (let turn = 0; turn < 5; turn++) await settled()
}

describe('P8: of several processes that want one cold key', () => {
  it('fault 26: one computes, and the others get what it stored', async () => {
    const { caches } = processes(8)
    const compute = vi.fn(async () => {
      await pause()
      return { answer: 42 }
    })
    const values = await Promise.all(caches.map((cache) => cache.getOrCompute('k', compute)))
    expect(values).toEqual(caches.map(() => ({ answer: 42 })))
    expect(compute).toHaveBeenCalledTimes(1)
    const [first, second] = await Promise.all(caches.map((cache) => cache.stats()))
    expect(first).toMatchObject({ hits: 0, misses: 1 })
    expect(second).toMatchObject({ hits: 1, misses: 0 })
  })

  it('each computes where leases are switched off, as the control', async () => {
    const { caches } = processes(8, (store) => layer(store, { lease: false }))
    const compute = vi.fn(pause)
    await Promise.all(caches.map((cache) => cache.getOrCompute('k', compute)))
    expect(compute).toHaveBeenCalledTimes(8)
  })

  it('the next one computes when the first has failed', async () => {
    const { caches } = processes(3)
    const compute = vi.fn(async () => 'value')
    const failing = caches[0].getOrCompute('k', async () => {
      await pause()
      throw new Error('down')
    })
    await settled()
    const others = caches.slice(1).map((cache) => cache.getOrCompute('k', compute))
    await expect(failing).rejects.toThrow('down')
    expect(await Promise.all(others)).toEqual(['value', 'value'])
    expect(compute).toHaveBeenCalledTimes(1)
  })

  it('the next one computes when the first did not store', async () => {
    const { caches } = processes(2)
    const first = caches[0].getOrCompute('k', async (run) => {
      await pause()
      run.store = false
      return 'first'
    })
    await settled()
    expect(await caches[1].getOrCompute('k', () => 'second')).toBe('second')
    expect(await first).toBe('first')
  })

  it('fault 27: others go on when the lease of one that died has lapsed', async () => {
    const { clock, state, caches } = processes(2)
    const dead = historyStore({ state, clock })
    await dead.lease('k', { life: 5_000, since: undefined, signal: new AbortController().signal })
    const compute = vi.fn(() => 'value')
    const value = caches[0].getOrCompute('k', compute)
    await pause()
    clock.advance(4_999)
    await pause()
    expect(compute).not.toHaveBeenCalled()
    clock.advance(1)
    expect(await value).toBe('value')
  })

  it('fault 28: a lease is renewed as long as its holder computes', async () => {
    const { clock, caches } = processes(2)
    const { promise, resolve } = Promise.withResolvers<string>()
    const compute = vi.fn(() => promise)
    const values = caches.map((cache) => cache.getOrCompute('k', compute))
    for (let second = 0; second < 60; second++) {
      clock.advance('1s')
      await pause()
    }
    resolve('late')
    expect(await Promise.all(values)).toEqual(['late', 'late'])
    expect(compute).toHaveBeenCalledTimes(1)
  })

  it('fault 28: one that lost its lease does not overwrite what came after', async () => {
    const { clock, caches } = processes(2, (store) => ({
      ...store,
      async lease(key: string, request: LeaseRequest) {
        const lease = await store.lease?.(key, request)
        return lease && { ...lease, renew: () => false }
      },
    }))
    const { promise, resolve } = Promise.withResolvers<string>()
    const slow = caches[0].getOrCompute('k', () => promise)
    await pause()
    const next = caches[1].getOrCompute('k', () => 'next')
    await pause()
    clock.advance('5s')
    expect(await next).toBe('next')
    resolve('slow')
    expect(await slow).toBe('slow')
    await settled()
    clock.advance(10)
    expect(await caches[0].get('k')).toBe('next')
  })

  it('a caller that waits for another process can abort', async () => {
    const { caches } = processes(2)
    const { promise, resolve } = Promise.withResolvers<string>()
    const computing = caches[0].getOrCompute('k', () => promise)
    await pause()
    const controller = new AbortController()
    const waiting = caches[1].getOrCompute('k', () => 'own', { signal: controller.signal })
    await pause()
    controller.abort(new Error('enough'))
    await expect(waiting).rejects.toThrow('enough')
    resolve('value')
    expect(await computing).toBe('value')
  })

  it('fault 17: its deadline ends the wait for another process too', async () => {
    const { clock, caches } = processes(2)
    void caches[0].getOrCompute('k', () => new Promise(() => {}), { timeout: '1h' }).catch(() => {})
    await pause()
    const waiting = caches[1].getOrCompute('k', () => 1, { timeout: '1m' })
    await pause()
    clock.advance('1m')
    await expect(waiting).rejects.toMatchObject({ code: 'TIMEOUT' })
  })

  it('a value computed after a wait is judged from the end of the wait', async () => {
    const { caches } = processes(2)
    const first = caches[0].getOrCompute('k', async () => {
      await pause()
      throw new Error('down')
    })
    await settled()
    const second = caches[1].getOrCompute('k', () => 'kept')
    await settled()
    await caches[1].invalidateTags(['t'])
    await caches[1].namespace('n').clear()
    await expect(first).rejects.toThrow('down')
    await second
    await settled()
    expect(await caches[1].get('k')).toBe('kept')
  })
})

describe('P7: leases', () => {
  it('that cannot be had are an event, and the computation goes on', async () => {
    const broken = faulty(historyStore() as Store)
    const cache = createCache({ layers: [mapStore(), broken] })
    const events: CacheEvent[] = []
    cache.on((event) => events.push(event))
    broken.fail('lease')
    expect(await cache.getOrCompute('k', () => 1)).toBe(1)
    expect(events.filter(({ type }) => type === 'failure')).toMatchObject([{ operation: 'lease' }])
  })

  it('are asked of the farthest layer, and of the next one where that fails', async () => {
    const asked: string[] = []
    const lessor = (name: string): Store => {
      const store = historyStore({ name }) as Store
      return {
        ...store,
        async lease(key, request) {
          asked.push(name)
          if (name === 'far') throw new Error('down')
          return store.lease?.(key, request)
        },
      }
    }
    const cache = createCache({ layers: [lessor('near'), lessor('far')] })
    expect(await cache.getOrCompute('k', () => 1)).toBe(1)
    expect(asked).toEqual(['far', 'near'])
  })

  it('that fail to be renewed or released are events', async () => {
    const clock = new FakeClock()
    const store: Store = {
      ...(historyStore({ clock }) as Store),
      lease: () => ({
        renew: () => Promise.reject(new Error('renew')),
        release: () => Promise.reject(new Error('release')),
      }),
    }
    const cache = createCache({ layers: [store], clock })
    const failures: unknown[] = []
    cache.on((event) => event.type === 'failure' && failures.push((event.error as Error).message))
    const { promise, resolve } = Promise.withResolvers<number>()
    const value = cache.getOrCompute('k', () => promise)
    await pause()
    clock.advance('2s')
    resolve(1)
    expect(await value).toBe(1)
    await settled()
    expect(failures).toEqual(['renew', 'release'])
    expect(clock.pending).toBe(0)
  })

  it('are not asked for by a call that will not store', async () => {
    const lease = vi.fn()
    const cache = createCache({ layers: [{ ...(historyStore() as Store), lease }] })
    for (const mode of ['read-only', 'bypass', 'refresh'] as const) await cache.getOrCompute('k', () => 1, { mode })
    expect(lease).not.toHaveBeenCalled()
  })
})

describe('P8, B2, B3: of several processes that want to refresh a stale key', () => {
  const options = { ttl: '1s', staleWhileRevalidate: '1m', retryAfter: '5s' }

  it('one computes; meanwhile the callers of all are served what is stale, then what it stored', async () => {
    const { caches, clock } = processes(4)
    await caches[0].getOrCompute('k', async () => 'old', options)
    clock.advance('1s')
    const { promise, resolve } = Promise.withResolvers<string>()
    const compute = vi.fn(() => promise)
    const ask = () => Promise.all(caches.map((cache) => cache.getOrCompute('k', compute, options)))
    expect(await ask()).toEqual(['old', 'old', 'old', 'old'])
    await pause()
    expect(await ask()).toEqual(['old', 'old', 'old', 'old'])
    expect(compute).toHaveBeenCalledTimes(1)
    resolve('new')
    await pause()
    expect(await ask()).toEqual(['new', 'new', 'new', 'new'])
    expect(compute).toHaveBeenCalledTimes(1)
  })

  it('each tries once where the refresh fails, one after the other, and its callers notice nothing', async () => {
    const { caches, clock } = processes(3)
    await caches[0].getOrCompute('k', async () => 'old', options)
    clock.advance('1s')
    let running = 0
    const compute = vi.fn(async () => {
      expect(++running).toBe(1)
      await pause()
      running--
      throw new Error('down')
    })
    const ask = () => Promise.all(caches.map((cache) => cache.getOrCompute('k', compute, options)))
    for (let i = 0; i < 10; i++) {
      expect(await ask()).toEqual(['old', 'old', 'old'])
      await pause()
    }
    expect(compute).toHaveBeenCalledTimes(3)
  })
})

describe('a run that is over', () => {
  it('fault 17: gives its lease up at its deadline, though its computation never settles', async () => {
    const { clock, caches } = processes(2)
    const stuck = caches[0].getOrCompute('k', () => new Promise(() => {}), { timeout: '1m' })
    await pause()
    clock.advance('1m')
    await expect(stuck).rejects.toMatchObject({ code: 'TIMEOUT' })
    await pause()
    expect(await caches[1].getOrCompute('k', () => 'next')).toBe('next')
    expect(clock.pending).toBe(0)
  })

  it('gives its lease up when its last caller leaves', async () => {
    const { caches } = processes(2)
    const controller = new AbortController()
    const left = caches[0].getOrCompute('k', () => new Promise(() => {}), { signal: controller.signal })
    await pause()
    controller.abort(new Error('enough'))
    await expect(left).rejects.toThrow('enough')
    await pause()
    expect(await caches[1].getOrCompute('k', () => 'next')).toBe('next')
  })
})
