import { describe, expect, it } from 'vitest'
import { FakeClock, historyStore, mapStore } from '../../testkit/src/index.js'
import {
  type CacheEvent,
  type CacheOptions,
  type ComputeOptions,
  createCache,
  layer,
  type Store,
} from '../src/index.js'
import { granaryError } from './expectations.js'
import { batchStore, remoteStore, settled } from './stores.js'

const STACKS: Record<string, () => Store[]> = {
  'a near layer': () => [mapStore()],
  'a remote layer': () => [remoteStore()],
  'near over remote': () => [mapStore(), remoteStore()],
  'near over a history': () => [mapStore(), historyStore()],
  'near over batches over a history': () => [mapStore(), batchStore(), historyStore()],
}
const onAllStacks = describe.each(Object.entries(STACKS).map(([name, make]) => ({ name, make })))

function open(options: Partial<CacheOptions> = {}) {
  const clock = new FakeClock()
  const cache = createCache({ layers: [mapStore()], clock, ttl: '10s', ...options })
  const events: CacheEvent[] = []
  cache.on((event) => events.push(event))
  return { cache, clock, events, types: () => events.splice(0).map(({ type }) => type) }
}

/** A computation that counts, and does as it was told last. */
function work() {
  const made = {
    calls: 0,
    next: async (n: number): Promise<string> => `v${n}`,
    compute: () => made.next(++made.calls),
    hang: () => {
      const { promise, resolve, reject } = Promise.withResolvers<string>()
      made.next = () => promise
      return { resolve, reject }
    },
    fail: (error: unknown = new Error('down')) => {
      made.next = async () => {
        throw error
      }
    },
    recover: () => {
      made.next = async (n) => `v${n}`
    },
  }
  return made
}

onAllStacks('B2: staleWhileRevalidate over $name', ({ make }) => {
  const options: ComputeOptions<string> = { staleWhileRevalidate: '1m' }

  it('serves a stale value at once, and refreshes it once, in the background', async () => {
    const { cache, clock } = open({ layers: make() })
    const { compute, hang, ...source } = work()
    const ask = () => cache.getOrCompute('k', compute, options)
    expect(await ask()).toBe('v1')
    clock.advance('10s')
    const refresh = hang()
    void source
    expect(await Promise.all([ask(), ask(), ask()])).toEqual(['v1', 'v1', 'v1'])
    expect(await ask()).toBe('v1')
    refresh.resolve('v2')
    await settled()
    expect(await ask()).toBe('v2')
    expect(await cache.stats()).toMatchObject({ computations: 2, staleHits: 4, refreshes: 1, misses: 1, inFlight: 0 })
    expect(clock.pending).toBe(0)
  })

  it('P9: serves nothing past TTL plus window', async () => {
    const { cache, clock } = open({ layers: make() })
    const source = work()
    const ask = () => cache.getOrCompute('k', source.compute, options)
    await ask()
    clock.advance(70_000 - 1)
    expect(await ask()).toBe('v1')
    await settled()
    expect(await ask()).toBe('v2')
    clock.advance('70s')
    expect(await ask()).toBe('v3')
    expect(await cache.stats()).toMatchObject({ misses: 2, staleHits: 1 })
  })

  it('a refresh that fails is an event, and the next is tried after retryAfter, counted from the failure', async () => {
    const { cache, clock, events } = open({ layers: make() })
    const source = work()
    const ask = () => cache.getOrCompute('k', source.compute, { ...options, retryAfter: '5s' })
    await ask()
    clock.advance('40s')
    source.fail()
    for (let second = 0; second < 12; second++) {
      expect(await ask()).toBe('v1')
      await settled()
      clock.advance('1s')
    }
    expect(source.calls).toBe(1 + 3)
    expect(events.filter(({ type }) => type === 'compute-failure')).toHaveLength(3)
    expect(await cache.stats()).toMatchObject({ staleHits: 12, throttled: 9, refreshes: 3 })
  })

  it('P1: a refresh that was overtaken by an invalidation is not stored, and what it was to replace is not served', async () => {
    for (const invalidate of ['delete', 'tag', 'clear'] as const) {
      const { cache, clock } = open({ layers: make() })
      const source = work()
      const ask = () => cache.getOrCompute('k', source.compute, { ...options, tags: ['t'] })
      await ask()
      clock.advance('10s')
      const refresh = source.hang()
      expect(await ask()).toBe('v1')
      if (invalidate === 'delete') await cache.delete('k')
      else if (invalidate === 'tag') await cache.invalidateTags(['t'])
      else await cache.clear()
      source.recover()
      const after = ask()
      await settled()
      refresh.resolve('late')
      expect(await after, invalidate).toBe('v3')
      expect(await ask()).toBe('v3')
    }
  })

  it('a caller without a window of its own waits for the refresh', async () => {
    const { cache, clock } = open({ layers: make() })
    const source = work()
    await cache.getOrCompute('k', source.compute, options)
    clock.advance('10s')
    const refresh = source.hang()
    expect(await cache.getOrCompute('k', source.compute, options)).toBe('v1')
    const waiting = cache.getOrCompute('k', source.compute)
    refresh.resolve('v2')
    expect(await waiting).toBe('v2')
    expect(source.calls).toBe(2)
  })

  it('a caller without a window of its own computes where refreshes are held back', async () => {
    const { cache, clock } = open({ layers: make() })
    const source = work()
    await cache.getOrCompute('k', source.compute, options)
    clock.advance('10s')
    source.fail()
    expect(await cache.getOrCompute('k', source.compute, options)).toBe('v1')
    await settled()
    const tolerant = cache.getOrCompute('k', source.compute, options)
    await expect(cache.getOrCompute('k', source.compute)).rejects.toThrow('down')
    expect(await tolerant).toBe('v1')
    source.recover()
    expect(await cache.getOrCompute('k', source.compute)).toBe('v4')
  })
})

onAllStacks('B3: staleIfError over $name', ({ make }) => {
  const options: ComputeOptions<string> = { staleIfError: '1m', retryAfter: '5s' }

  it('waits for the computation, and serves the stale value where that fails; then tries no sooner than retryAfter', async () => {
    const { cache, clock } = open({ layers: make() })
    const source = work()
    const ask = () => cache.getOrCompute('k', source.compute, options)
    await ask()
    clock.advance('10s')
    source.fail()
    expect(await Promise.all([ask(), ask()])).toEqual(['v1', 'v1'])
    expect(await ask()).toBe('v1')
    expect(source.calls).toBe(2)
    clock.advance('5s')
    source.recover()
    expect(await ask()).toBe('v3')
    expect(await cache.stats()).toMatchObject({ staleHits: 3, throttled: 1, computeFailures: 1, refreshes: 2 })
  })

  it('P9: lets the error pass past TTL plus window, which failures never prolong', async () => {
    const { cache, clock } = open({ layers: make() })
    const source = work()
    const error = new Error('down')
    const ask = () => cache.getOrCompute('k', source.compute, options)
    await ask()
    source.fail(error)
    for (let second = 0; second < 70; second++) {
      expect(await ask()).toBe('v1')
      clock.advance('1s')
    }
    await expect(ask()).rejects.toBe(error)
    source.recover()
    expect(await ask()).toMatch(/^v/)
  })

  it('P7: serves the stale value where the computation goes past its deadline', async () => {
    const { cache, clock } = open({ layers: make() })
    const source = work()
    const ask = () => cache.getOrCompute('k', source.compute, { ...options, timeout: '2s' })
    await ask()
    clock.advance('10s')
    source.hang()
    const asked = ask()
    await settled()
    clock.advance('2s')
    expect(await asked).toBe('v1')
    expect(await ask()).toBe('v1')
    expect(source.calls).toBe(2)
  })

  it('B4: softTimeout serves the stale value, and the computation goes on in the background', async () => {
    const { cache, clock } = open({ layers: make() })
    const source = work()
    const ask = () => cache.getOrCompute('k', source.compute, { ...options, softTimeout: '100ms' })
    await ask()
    clock.advance('10s')
    const refresh = source.hang()
    const first = ask()
    await settled()
    clock.advance(99)
    const second = ask()
    await settled()
    clock.advance(1)
    // The second came later: it waits no longer than the first, since the computation is as old.
    expect(await Promise.all([first, second])).toEqual(['v1', 'v1'])
    expect(await ask()).toBe('v1')
    refresh.resolve('v2')
    await settled()
    expect(await ask()).toBe('v2')
    expect(source.calls).toBe(2)
    expect(clock.pending).toBe(0)
  })

  it("mode 'only-if-cached' serves it as well: there is nothing to compute", async () => {
    const { cache, clock } = open({ layers: make() })
    const source = work()
    const ask = () => cache.getOrCompute('k', source.compute, { ...options, mode: 'only-if-cached' })
    await cache.getOrCompute('k', source.compute, options)
    clock.advance('69s')
    expect(await ask()).toBe('v1')
    clock.advance('1s')
    await expect(ask()).rejects.toThrow(granaryError('NOT_CACHED'))
  })

  it("mode 'refresh' is told of the error", async () => {
    const { cache, clock } = open({ layers: make() })
    const source = work()
    await cache.getOrCompute('k', source.compute, options)
    clock.advance('10s')
    source.fail()
    await expect(cache.getOrCompute('k', source.compute, { ...options, mode: 'refresh' })).rejects.toThrow('down')
  })

  it('fault 17: callers whose signal aborts leave at once, and the refresh goes on for the others', async () => {
    const { cache, clock } = open({ layers: make() })
    const source = work()
    await cache.getOrCompute('k', source.compute, options)
    clock.advance('10s')
    const refresh = source.hang()
    const { signal, abort } = abortable()
    const leaving = cache.getOrCompute('k', source.compute, { ...options, signal })
    const staying = cache.getOrCompute('k', source.compute, options)
    await settled()
    abort()
    await expect(leaving).rejects.toThrow('gone')
    refresh.resolve('v2')
    expect(await staying).toBe('v2')
  })

  it('works for batches as for single keys', async () => {
    const { cache, clock } = open({ layers: make() })
    let calls = 0
    let fails = false
    const compute = async (keys: readonly string[]) => {
      calls++
      if (fails) throw new Error('down')
      return keys.map((key) => `${key}${calls}`)
    }
    const ask = (more: ComputeOptions<string> = options) => cache.getOrComputeMany(['a', 'b'], compute, more)
    expect(await ask()).toEqual(['a1', 'b1'])
    clock.advance('10s')
    fails = true
    expect(await ask()).toEqual(['a1', 'b1'])
    expect(await ask()).toEqual(['a1', 'b1'])
    expect(calls).toBe(2)
    await expect(ask({})).rejects.toThrow('down')
    expect(await ask({ ...options, mode: 'only-if-cached' })).toEqual(['a1', 'b1'])
    clock.advance('5s')
    fails = false
    expect(await ask({ ...options, staleWhileRevalidate: '1m' })).toEqual(['a1', 'b1'])
    await settled()
    expect(await ask()).toEqual(['a4', 'b4'])
  })
})

function abortable() {
  const controller = new AbortController()
  return { signal: controller.signal, abort: () => controller.abort(new Error('gone')) }
}

onAllStacks('B2: eagerRefresh over $name', ({ make }) => {
  it('refreshes a value that is still fresh from its part of the TTL on, once', async () => {
    const { cache, clock } = open({ layers: make(), eagerRefresh: 0.8 })
    const source = work()
    const ask = () => cache.getOrCompute('k', source.compute)
    await ask()
    clock.advance(7_999)
    expect(await ask()).toBe('v1')
    expect(source.calls).toBe(1)
    clock.advance(1)
    const refresh = source.hang()
    expect(await Promise.all([ask(), ask(), cache.get('k')])).toEqual(['v1', 'v1', 'v1'])
    expect(source.calls).toBe(2)
    refresh.resolve('v2')
    await settled()
    expect(await ask()).toBe('v2')
    clock.advance(7_999)
    expect(await ask()).toBe('v2')
    expect(source.calls).toBe(2)
    expect(await cache.stats()).toMatchObject({ staleHits: 0, misses: 1, refreshes: 1 })
  })

  it('a failure is not felt by callers, also those that ask for no refresh, and is tried again after retryAfter', async () => {
    const { cache, clock } = open({ layers: make() })
    const source = work()
    const ask = () => cache.getOrCompute('k', source.compute, { eagerRefresh: 0.5, retryAfter: '2s' })
    await ask()
    clock.advance('5s')
    source.fail()
    const asked = [ask(), cache.getOrCompute('k', source.compute), ask()]
    expect(await Promise.all(asked)).toEqual(['v1', 'v1', 'v1'])
    await settled()
    expect(await ask()).toBe('v1')
    expect(source.calls).toBe(2)
    clock.advance('2s')
    expect(await ask()).toBe('v1')
    await settled()
    expect(source.calls).toBe(3)
  })
})

describe('B2: eagerRefresh', () => {
  it('by chance (XFetch) refreshes the more often the nearer the end, and never a value that cost nothing', async () => {
    const { cache, clock } = open({ eagerRefresh: { beta: 1 } })
    let calls = 0
    const slow = (key: string) =>
      cache.getOrCompute(key, async () => {
        calls++
        clock.advance(100)
        return key
      })
    const keys = Array.from({ length: 400 }, (_, i) => `k${i}`)
    const share = async (left: number) => {
      const { cache: own, clock: time } = { cache, clock }
      await own.clear()
      let due = 0
      for (const key of keys) {
        await slow(key)
        time.advance(10_000 - left)
        const before = calls
        await slow(key)
        due += calls - before
      }
      return due / keys.length
    }
    // Expected: exp(-left / 100 ms).
    expect(await share(1_000)).toBeLessThan(0.05)
    const late = await share(100)
    expect(late).toBeGreaterThan(0.2)
    expect(late).toBeLessThan(0.55)
    await cache.set('free', 1)
    clock.advance(9_999)
    expect(await cache.getOrCompute('free', async () => 2)).toBe(1)
    await settled()
    expect(await cache.getOrCompute('free', async () => 2)).toBe(1)
  })

  it('goes by the whole TTL where a layer caps the life', async () => {
    const { cache, clock } = open({
      layers: [layer(mapStore(), { ttl: '1s' }), remoteStore()],
      eagerRefresh: 0.8,
    })
    const source = work()
    const ask = () => cache.getOrCompute('k', source.compute)
    await ask()
    for (let ms = 0; ms < 7_900; ms += 100) {
      expect(await ask()).toBe('v1')
      await settled()
      clock.advance(100)
    }
    expect(source.calls).toBe(1)
    clock.advance(100)
    expect(await ask()).toBe('v1')
    await settled()
    expect(source.calls).toBe(2)
  })
})

describe('negativeTtl', () => {
  class NotFound extends Error {
    override readonly name = 'NotFound'
  }
  const negativeTtl = { NotFound: '5s', ECONNREFUSED: '1s' }

  it('caches the rejection itself, by kind of error, in the nearest layer', async () => {
    const far = remoteStore()
    const { cache, clock, events } = open({ layers: [mapStore(), far], negativeTtl })
    const source = work()
    const error = new NotFound('no such user')
    source.fail(error)
    const ask = () => cache.getOrCompute('k', source.compute)
    await expect(ask()).rejects.toBe(error)
    await expect(ask()).rejects.toBe(error)
    expect(source.calls).toBe(1)
    expect(await far.get('k')).toBeUndefined()
    expect(events.at(-1)).toMatchObject({ type: 'negative-hit', kind: 'NotFound' })
    for await (const { rejection } of cache.entries()) expect(rejection).toBe('NotFound')
    clock.advance('5s')
    source.fail(Object.assign(new Error(), { code: 'ECONNREFUSED' }))
    await expect(ask()).rejects.toThrow()
    clock.advance('1s')
    source.fail(new Error('of no kind that is cached'))
    await expect(ask()).rejects.toThrow('of no kind')
    await expect(ask()).rejects.toThrow('of no kind')
    expect(source.calls).toBe(4)
    expect(await cache.stats()).toMatchObject({ negativeHits: 1, misses: 4, hits: 0 })
  })

  it('is never taken for a value: reads miss, and a caller that asks for none computes', async () => {
    const { cache } = open()
    const source = work()
    source.fail(new NotFound())
    const ask = () => cache.getOrCompute('k', source.compute, { negativeTtl })
    await expect(ask()).rejects.toThrow(NotFound)
    expect([await cache.get('k'), await cache.has('k'), await cache.peek('k')]).toEqual([undefined, false, undefined])
    expect(await cache.getMany(['k', 'k'])).toEqual([undefined, undefined])
    await expect(cache.getOrCompute('k', source.compute)).rejects.toThrow(NotFound)
    expect(source.calls).toBe(2)
    source.recover()
    await expect(ask()).rejects.toThrow(NotFound)
    await expect(ask()).rejects.toThrow(NotFound)
    await expect(
      cache.getOrComputeMany(['k', 'other'], async (keys) => keys.map(() => 'v'), { negativeTtl }),
    ).rejects.toThrow(NotFound)
    await expect(cache.getOrCompute('k', source.compute, { negativeTtl, mode: 'only-if-cached' })).rejects.toThrow(
      NotFound,
    )
    expect(await cache.getOrCompute('k', source.compute)).toBe('v3')
    expect(await ask()).toBe('v3')
  })

  it.each(['delete', 'set', 'tag', 'clear'] as const)('P1: is gone after a %s', async (what) => {
    const { cache } = open({ negativeTtl: () => 'forever' })
    const source = work()
    source.fail()
    const ask = () => cache.getOrCompute('k', source.compute, { tags: ['t'] })
    await expect(ask()).rejects.toThrow('down')
    source.recover()
    await expect(ask()).rejects.toThrow('down')
    if (what === 'delete') await cache.delete('k')
    else if (what === 'set') await cache.set('k', 'set')
    else if (what === 'tag') await cache.invalidateTags(['t'])
    else await cache.clear()
    expect(await ask()).toBe(what === 'set' ? 'set' : 'v2')
  })

  it('P1: a rejection that was overtaken by an invalidation is not cached', async () => {
    const { cache } = open({ negativeTtl: () => 'forever' })
    const source = work()
    const failing = source.hang()
    const asked = cache.getOrCompute('k', source.compute)
    await cache.delete('k')
    failing.reject(new Error('late'))
    await expect(asked).rejects.toThrow('late')
    source.recover()
    expect(await cache.getOrCompute('k', source.compute)).toBe('v2')
  })

  it('gives way to a stale value', async () => {
    const { cache, clock } = open({ negativeTtl: () => '1h', staleIfError: '1m', retryAfter: '1s' })
    const source = work()
    const ask = () => cache.getOrCompute('k', source.compute)
    await ask()
    clock.advance('10s')
    source.fail()
    expect(await ask()).toBe('v1')
    source.recover()
    clock.advance('1s')
    expect(await ask()).toBe('v3')
  })

  it('a function that gives no TTL, or throws, caches nothing and hides no error', async () => {
    const { cache } = open()
    const source = work()
    source.fail()
    for (const negativeTtl of [() => undefined, () => Number.NaN, () => 'soon', () => assert()])
      await expect(cache.getOrCompute('k', source.compute, { negativeTtl })).rejects.toThrow('down')
    expect(source.calls).toBe(4)
    function assert(): never {
      throw new Error('in the function')
    }
  })

  it('needs a layer in memory', async () => {
    expect(() => open({ layers: [remoteStore()], negativeTtl })).toThrow(granaryError('INVALID_OPTION', /memory\(\)/))
    const { cache } = open({ layers: [remoteStore()] })
    await expect(cache.getOrCompute('k', async () => 1, { negativeTtl })).rejects.toThrow(
      granaryError('INVALID_OPTION'),
    )
  })
})

onAllStacks('B12: conditional refresh over $name', ({ make }) => {
  it('the computation sees the stale value, and may renew it', async () => {
    const { cache, clock } = open({ layers: make(), staleIfError: '1m' })
    const seen: unknown[] = []
    const ask = (value: string | undefined) =>
      cache.getOrCompute('k', async (run) => {
        seen.push(run.stale?.value, run.stale?.tags)
        run.tag(value ?? 'renewed')
        return value ?? run.notModified()
      })
    expect(await ask('v1')).toBe('v1')
    clock.advance('10s')
    expect(await ask(undefined)).toBe('v1')
    await settled()
    clock.advance('9s')
    expect(await ask('never')).toBe('v1')
    expect(await cache.peek('k')).toMatchObject({
      value: 'v1',
      createdAt: clock.now() - 9_000,
      tags: ['v1', 'renewed'],
    })
    expect(seen).toEqual([undefined, undefined, 'v1', ['v1']])
    await cache.invalidateTags(['v1'])
    expect(await cache.get('k')).toBeUndefined()
    expect(await cache.stats()).toMatchObject({ computations: 2, stores: 2 })
  })

  it('is refused where nothing is stale', async () => {
    const { cache, clock } = open({ layers: make() })
    const ask = () => cache.getOrCompute('k', async (run) => run.notModified())
    await expect(ask()).rejects.toThrow(granaryError('NOTHING_STALE'))
    await cache.set('k', 1)
    clock.advance('10s')
    await expect(ask()).rejects.toThrow(granaryError('NOTHING_STALE'))
  })
})

describe('waitUntil', () => {
  it('is given what goes on after the answer: refreshes, and writes to farther layers', async () => {
    const waited: Promise<unknown>[] = []
    const { cache, clock } = open({
      layers: [mapStore(), remoteStore()],
      staleWhileRevalidate: '1m',
      waitUntil: (work) => waited.push(work),
    })
    const source = work()
    const ask = () => cache.getOrCompute('k', source.compute)
    await ask()
    expect(waited).toHaveLength(1)
    await Promise.all(waited.splice(0))
    await ask()
    expect(waited).toHaveLength(0)
    clock.advance('10s')
    const refresh = source.hang()
    expect(await ask()).toBe('v1')
    expect(waited).toHaveLength(1)
    let isOver = false
    void waited[0]?.then(() => {
      isOver = true
    })
    await settled()
    expect(isOver).toBe(false)
    refresh.reject(new Error('down'))
    await settled()
    expect(isOver).toBe(true)
  })
})

describe('misuse', () => {
  it.each<[string, object]>([
    ['a window that is none', { staleWhileRevalidate: -1 }],
    ['a window of Infinity', { staleIfError: Number.POSITIVE_INFINITY }],
    ['a retryAfter of 0', { retryAfter: 0 }],
    ['a softTimeout that is none', { softTimeout: 'soon' }],
    ['an eagerRefresh of 0', { eagerRefresh: 0 }],
    ['an eagerRefresh above 1', { eagerRefresh: 1.1 }],
    ['an eagerRefresh of another kind', { eagerRefresh: 'early' }],
    ['a beta of 0', { eagerRefresh: { beta: 0 } }],
    ['a negativeTtl that is none', { negativeTtl: '5s' }],
    ['a negativeTtl with a TTL of 0', { negativeTtl: { Error: 0 } }],
    ['a waitUntil that is no function', { waitUntil: {} }],
  ])('%s gets an INVALID_OPTION, in the cache and in a call', async (_, options) => {
    const name = Object.keys(options)[0] as string
    expect(() => open(options)).toThrow(granaryError('INVALID_OPTION', new RegExp(`^${name}`)))
    const { cache } = open()
    await expect(cache.getOrCompute('k', async () => 1, options)).rejects.toThrow(granaryError('INVALID_OPTION'))
  })

  it('a call can turn off what the cache turns on', async () => {
    const { cache, clock } = open({
      staleWhileRevalidate: '1m',
      staleIfError: '1m',
      eagerRefresh: 0.1,
      negativeTtl: () => '1h',
    })
    const source = work()
    const off = { staleWhileRevalidate: 0, staleIfError: 0, eagerRefresh: 1, negativeTtl: {} }
    const ask = () => cache.getOrCompute('k', source.compute, off)
    expect(await ask()).toBe('v1')
    clock.advance('9s')
    expect(await ask()).toBe('v1')
    clock.advance('1s')
    expect(await ask()).toBe('v2')
    clock.advance('10s')
    source.fail()
    await expect(ask()).rejects.toThrow('down')
    source.recover()
    expect(await ask()).toBe('v4')
  })
})
