import { describe, expect, it } from 'vitest'
import { entryOf, FakeClock, type FaultyStore, faulty, historyStore, mapStore } from '../../testkit/src/index.js'
import {
  type Cache,
  type CacheEvent,
  type CacheOptions,
  createCache,
  layer,
  type Mode,
  type Store,
} from '../src/index.js'
import { granaryError } from './expectations.js'
import { remoteStore, settled } from './stores.js'

function open(options: Partial<CacheOptions> = {}) {
  const clock = new FakeClock()
  const cache = createCache({ layers: [mapStore()], clock, ...options })
  const events: CacheEvent[] = []
  cache.on((event) => events.push(event))
  return { cache, clock, events, types: () => events.map(({ type }) => type) }
}

/** A computation that is ended by hand, and counts how often it was begun. */
function pending<V>() {
  const { promise, resolve, reject } = Promise.withResolvers<V>()
  const made = { calls: 0, signals: [] as AbortSignal[], resolve, reject, compute }
  function compute({ signal }: { signal: AbortSignal }): Promise<V> {
    made.calls++
    made.signals.push(signal)
    return promise
  }
  return made
}

describe('one computation', () => {
  it('B1: fault 25: is made for 10,000 callers of a cold key, each with a promise and an abort signal of its own', async () => {
    const { cache, clock } = open({ layers: [mapStore(), remoteStore()] })
    const work = pending<{ n: number }>()
    const controllers = Array.from({ length: 10_000 }, () => new AbortController())
    const promises = controllers.map(({ signal }) => cache.getOrCompute('k', work.compute, { signal }))
    expect(new Set(promises).size).toBe(10_000)
    await settled()
    for (const controller of controllers.slice(0, 5_000)) controller.abort(new Error('gone'))
    work.resolve({ n: 1 })
    const results = await Promise.allSettled(promises)
    expect(work.calls).toBe(1)
    expect(results.slice(0, 5_000).every(({ status }) => status === 'rejected')).toBe(true)
    expect(results.slice(5_000).every((result) => result.status === 'fulfilled' && result.value.n === 1)).toBe(true)
    expect(await cache.stats()).toMatchObject({ computations: 1, misses: 1, inFlight: 0 })
    expect(clock.pending).toBe(0)
  })

  it('tells each caller that joins it whose computation it is, and nobody else', async () => {
    const { cache } = open()
    const work = pending<string>()
    const joined: unknown[] = []
    const options = { onJoin: (compute: unknown) => joined.push(compute) }
    const first = cache.getOrCompute('k', work.compute, options)
    expect(joined).toEqual([])
    const second = cache.getOrCompute('k', async () => 'another', options)
    expect(joined).toEqual([work.compute])
    await cache.delete('k')
    const third = cache.getOrCompute('k', async () => 'after the delete', options)
    work.resolve('one')
    expect(await Promise.all([first, second, third])).toEqual(['one', 'one', 'after the delete'])
    await cache.getOrCompute('k', work.compute, options)
    expect(joined).toHaveLength(1)
  })

  it('B1: is made for callers that come while a layer is read, and none if that has the value', async () => {
    const far = faulty(remoteStore())
    const { cache } = open({ layers: [mapStore(), far] })
    await far.set('k', entryOf('there', { namespace: '' }))
    far.hang('get')
    const work = pending<string>()
    const promises = Array.from({ length: 10 }, () => cache.getOrCompute('k', work.compute))
    far.heal()
    expect(new Set(await Promise.all(promises))).toEqual(new Set(['there']))
    expect([work.calls, far.calls.get]).toEqual([0, 1])
  })

  it('P8: shares a rejection with all who wait, and fault 18: the next call computes', async () => {
    const { cache, clock } = open({ layers: [mapStore(), remoteStore()] })
    const error = new Error('the computation’s own')
    let calls = 0
    const fail = async () => {
      calls++
      await settled()
      throw error
    }
    const results = await Promise.allSettled(Array.from({ length: 100 }, () => cache.getOrCompute('k', fail)))
    expect(results.every((result) => result.status === 'rejected' && result.reason === error)).toBe(true)
    expect(calls).toBe(1)
    expect(await cache.has('k')).toBe(false)
    expect(await cache.getOrCompute('k', () => 'value')).toBe('value')
    expect(await cache.stats()).toMatchObject({ computations: 1, computeFailures: 1, inFlight: 0 })
    expect(clock.pending).toBe(0)
  })

  it.each<[string, unknown]>([
    ['undefined', undefined],
    ['null', null],
    ['a string', 'failed'],
  ])('P7: passes through %s that a computation throws', async (_, thrown) => {
    const { cache } = open()
    const sync = cache.getOrCompute('k', () => {
      throw thrown
    })
    await expect(sync).rejects.toBe(thrown)
    await expect(cache.getOrCompute('k', () => Promise.reject(thrown))).rejects.toBe(thrown)
  })

  it('of two keys is made for each', async () => {
    const { cache } = open()
    expect(await Promise.all(['a', 'b'].map((key) => cache.getOrCompute(key, async () => key)))).toEqual(['a', 'b'])
  })

  it('fault 18: that throws before it returns a promise rejects, and is not thrown at the caller', async () => {
    const { cache } = open()
    const promise = cache.getOrCompute('k', () => {
      throw new Error('at once')
    })
    await expect(promise).rejects.toThrow('at once')
  })

  it('which is no function gets an INVALID_OPTION', async () => {
    const { cache } = open()
    await expect(cache.getOrCompute('k', 'value' as never)).rejects.toThrow(granaryError('INVALID_OPTION'))
    await expect(cache.getOrComputeMany(['k'], undefined as never)).rejects.toThrow(granaryError('INVALID_OPTION'))
  })
})

describe('the deadline', () => {
  it('fault 17: of a computation that never settles rejects its callers with TIMEOUT; the next caller computes', async () => {
    const { cache, clock, types } = open({ timeout: '1m' })
    const hung = pending<string>()
    const waits = [cache.getOrCompute('k', hung.compute), cache.getOrCompute('k', hung.compute)]
    await settled()
    clock.advance(59_999)
    const late = cache.getOrCompute('k', hung.compute)
    await settled()
    clock.advance(1)
    for (const wait of [...waits, late]) await expect(wait).rejects.toThrow(granaryError('TIMEOUT', /60000 ms/))
    expect(hung.signals[0]?.aborted).toBe(true)
    expect(hung.signals[0]?.reason).toMatchObject({ code: 'TIMEOUT' })
    expect(await cache.getOrCompute('k', () => 'next')).toBe('next')
    expect(hung.calls).toBe(1)
    expect(types()).toContain('timeout')
    expect((await cache.stats()).inFlight).toBe(0)
    expect(clock.pending).toBe(0)
  })

  it('fault 17: of a call overrides that of the cache', async () => {
    const { cache, clock } = open({ timeout: '1m' })
    const wait = cache.getOrCompute('k', () => new Promise(() => {}), { timeout: 100 })
    await settled()
    clock.advance(100)
    await expect(wait).rejects.toThrow(granaryError('TIMEOUT', / 100 ms/))
  })

  it('P8: a value that comes after the deadline is not stored', async () => {
    const { cache, clock, events } = open({ timeout: 100 })
    const slow = pending<string>()
    const wait = cache.getOrCompute('k', slow.compute)
    await settled()
    clock.advance(100)
    await expect(wait).rejects.toThrow(granaryError('TIMEOUT'))
    slow.resolve('late')
    await settled()
    expect(await cache.has('k')).toBe(false)
    expect(events).toContainEqual(expect.objectContaining({ type: 'refuse', reason: 'overtaken' }))
  })

  it('fault 6: a computation that fails after the deadline is no unhandled rejection', async () => {
    const { cache, clock } = open({ timeout: 100 })
    const slow = pending<string>()
    const wait = cache.getOrCompute('k', slow.compute)
    await settled()
    clock.advance(100)
    await expect(wait).rejects.toThrow(granaryError('TIMEOUT'))
    slow.reject(new Error('late'))
    await settled()
  })

  it.each([0, -1, Number.NaN, 'soon'])('fault 23: of %o is refused', async (timeout) => {
    const { cache } = open()
    await expect(cache.getOrCompute('k', () => 1, { timeout })).rejects.toThrow(
      granaryError('INVALID_OPTION', /^timeout: /),
    )
  })

  it('fault 20: of computations that never settle leaves nothing behind', async () => {
    const { cache, clock } = open({ timeout: 100 })
    const waits = Array.from({ length: 100 }, (_, i) =>
      cache.getOrCompute(`k${i}`, () => new Promise<never>(() => {})).catch(() => 'timeout'),
    )
    await settled()
    clock.advance(100)
    await Promise.all(waits)
    expect(await cache.stats()).toMatchObject({ inFlight: 0, marks: 0 })
  })
})

describe('a computation that asks for its own key', () => {
  it('fault 19: before its first await gets a CIRCULAR_COMPUTATION at once', async () => {
    const { cache, clock } = open()
    const self = (): Promise<string> => cache.getOrCompute('k', self)
    await expect(cache.getOrCompute('k', self)).rejects.toThrow(granaryError('CIRCULAR_COMPUTATION'))
    expect(clock.pending).toBe(0)
    expect(await cache.getOrCompute('k', () => 'next')).toBe('next')
  })

  it('fault 19: by way of another key, before its first await, gets a CIRCULAR_COMPUTATION at once', async () => {
    const { cache } = open()
    const a = (): Promise<string> => cache.getOrCompute('b', b)
    const b = (): Promise<string> => cache.getOrCompute('a', a)
    await expect(cache.getOrCompute('a', a)).rejects.toThrow(granaryError('CIRCULAR_COMPUTATION'))
  })

  it('fault 19: by refreshing gets a CIRCULAR_COMPUTATION at once', async () => {
    const { cache } = open()
    const self = (): Promise<string> => cache.getOrCompute('k', self, { mode: 'refresh' })
    await expect(cache.getOrCompute('k', self)).rejects.toThrow(granaryError('CIRCULAR_COMPUTATION'))
  })

  it('fault 19: after an await gets a GranaryError at the deadline', async () => {
    const { cache, clock } = open({ timeout: '1m' })
    let inner: unknown
    const self = async (): Promise<string> => {
      await settled()
      return cache.getOrCompute('k', self).catch((error) => {
        inner = error
        throw error
      })
    }
    const wait = cache.getOrCompute('k', self)
    await settled()
    await settled()
    clock.advance('1m')
    await expect(wait).rejects.toThrow(granaryError('TIMEOUT', /does it wait for its own key/))
    await settled()
    expect(inner).toMatchObject({ code: 'TIMEOUT' })
    expect(await cache.getOrCompute('k', () => 'next')).toBe('next')
  })

  it('does not take another key of the same computation for its own', async () => {
    const { cache } = open()
    expect(await cache.getOrCompute('a', () => cache.getOrCompute('b', () => 'b'))).toBe('b')
    expect(await cache.getOrCompute('c', () => cache.namespace('n').getOrCompute('c', () => 'inner'))).toBe('inner')
  })
})

describe('an abort', () => {
  it("B13: of one caller is not the others'", async () => {
    const { cache } = open()
    const work = pending<string>()
    const caller = new AbortController()
    const [aborted, other] = [
      cache.getOrCompute('k', work.compute, { signal: caller.signal }),
      cache.getOrCompute('k', work.compute),
    ]
    await settled()
    const reason = new Error('the caller’s own')
    caller.abort(reason)
    await expect(aborted).rejects.toBe(reason)
    expect(work.signals[0]?.aborted).toBe(false)
    work.resolve('value')
    expect(await other).toBe('value')
    expect(await cache.get('k')).toBe('value')
  })

  it('B13: of the last caller aborts run.signal, and the next caller computes', async () => {
    const { cache } = open()
    const work = pending<string>()
    const callers = [new AbortController(), new AbortController()]
    const waits = callers.map(({ signal }) => cache.getOrCompute('k', work.compute, { signal }))
    await settled()
    for (const caller of callers) caller.abort()
    await Promise.allSettled(waits)
    expect(work.signals[0]?.aborted).toBe(true)
    expect((await cache.stats()).inFlight).toBe(0)
    expect(await cache.getOrCompute('k', () => 'next')).toBe('next')
    work.resolve('too late')
    await settled()
    expect(await cache.get('k')).toBe('next')
  })

  it('B13: before the call begins computes nothing', async () => {
    const { cache } = open()
    const work = pending<string>()
    const wait = cache.getOrCompute('k', work.compute, { signal: AbortSignal.abort('before') })
    await expect(wait).rejects.toBe('before')
    expect(work.calls).toBe(0)
  })

  it('B13: before the call begins rejects also where the value is there', async () => {
    const { cache } = open()
    await cache.set('k', 1)
    await expect(cache.getOrCompute('k', () => 2, { signal: AbortSignal.abort('before') })).rejects.toBe('before')
  })

  it('B13: of the last caller while a layer is read means that nothing is computed', async () => {
    const far = faulty(remoteStore())
    const { cache } = open({ layers: [mapStore(), far] })
    far.hang('get')
    const work = pending<string>()
    const caller = new AbortController()
    const wait = cache.getOrCompute('k', work.compute, { signal: caller.signal })
    caller.abort('gone')
    await expect(wait).rejects.toBe('gone')
    far.heal()
    await settled()
    expect(work.calls).toBe(0)
  })

  it('fault 20: leaves no listener on a signal that lives on', async () => {
    const { cache } = open()
    const { signal } = new AbortController()
    let listeners = 0
    const { addEventListener, removeEventListener } = signal
    signal.addEventListener = (...args: Parameters<typeof addEventListener>) => {
      listeners++
      addEventListener.apply(signal, args)
    }
    signal.removeEventListener = (...args: Parameters<typeof removeEventListener>) => {
      listeners--
      removeEventListener.apply(signal, args)
    }
    for (let i = 0; i < 100; i++) await cache.getOrCompute(`k${i}`, async () => i, { signal })
    await expect(cache.getOrCompute('x', () => Promise.reject(new Error('x')), { signal })).rejects.toThrow('x')
    expect(listeners).toBe(0)
  })
})

describe('modes', () => {
  const MODES: Record<Mode, { reads: boolean; computes: boolean; stores: boolean }> = {
    use: { reads: true, computes: true, stores: true },
    refresh: { reads: false, computes: true, stores: true },
    bypass: { reads: false, computes: true, stores: false },
    'read-only': { reads: true, computes: true, stores: false },
    'only-if-cached': { reads: true, computes: false, stores: false },
  }
  const rows = Object.entries(MODES).flatMap(([mode, allowed]) =>
    ['call', 'cache'].map((where) => ({ mode: mode as Mode, where, ...allowed })),
  )

  it.each(rows)('B18: $mode of the $where, where a value is cached', async ({ mode, where, reads, stores }) => {
    for (const layers of [[mapStore()], [remoteStore()], [mapStore(), historyStore()]]) {
      const { cache } = open({ layers, ...(where === 'cache' ? { mode } : {}) })
      const options = where === 'call' ? { mode } : {}
      await cache.set('k', 'cached')
      expect(await cache.getOrCompute('k', () => 'computed', options)).toBe(reads ? 'cached' : 'computed')
      await settled()
      expect(await cache.get('k')).toBe(!reads && stores ? 'computed' : 'cached')
      expect(await cache.getOrComputeMany(['k'], () => ['again'], options)).toEqual([reads ? 'cached' : 'again'])
      await settled()
      expect(await cache.get('k')).toBe(!reads && stores ? 'again' : 'cached')
    }
  })

  it.each(rows)('B18: $mode of the $where, where nothing is cached', async ({ mode, where, computes, stores }) => {
    for (const layers of [[mapStore()], [remoteStore()], [mapStore(), historyStore()]]) {
      const { cache } = open({ layers, ...(where === 'cache' ? { mode } : {}) })
      const options = where === 'call' ? { mode } : {}
      const calls = [
        cache.getOrCompute('k', () => 'computed', options),
        cache.getOrComputeMany(['l'], () => ['computed'], options).then(([value]) => value),
      ]
      for (const call of calls)
        if (computes) expect(await call).toBe('computed')
        else await expect(call).rejects.toThrow(granaryError('NOT_CACHED', /only-if-cached/))
      await settled()
      const expected = stores ? 'computed' : undefined
      expect(await cache.getMany(['k', 'l'])).toEqual([expected, expected])
    }
  })

  it('B18: an unknown mode of a call is refused', async () => {
    const { cache } = open()
    await expect(cache.getOrCompute('k', () => 1, { mode: 'no' as Mode })).rejects.toThrow(
      granaryError('INVALID_OPTION'),
    )
  })

  it('B18: a bypass shares its computation with nobody', async () => {
    const { cache } = open()
    let calls = 0
    const compute = async () => ++calls
    await Promise.all([
      cache.getOrCompute('k', compute, { mode: 'bypass' }),
      cache.getOrCompute('k', compute, { mode: 'bypass' }),
      cache.getOrCompute('k', compute),
    ])
    expect(calls).toBe(3)
    expect(await cache.get('k')).toBe(3)
  })

  it('B18: callers that refresh share one computation, which overtakes one that began before', async () => {
    const { cache } = open()
    const [old, fresh] = [pending<string>(), pending<string>()]
    const first = cache.getOrCompute('k', old.compute)
    const refreshes = [1, 2].map(() => cache.getOrCompute('k', fresh.compute, { mode: 'refresh' }))
    const joined = cache.getOrCompute('k', old.compute)
    await settled()
    fresh.resolve('fresh')
    expect(await Promise.all([...refreshes, joined])).toEqual(['fresh', 'fresh', 'fresh'])
    old.resolve('old')
    expect(await first).toBe('old')
    await settled()
    expect(await cache.get('k')).toBe('fresh')
    expect([old.calls, fresh.calls]).toEqual([1, 1])
  })

  it('B18: a refresh that fails leaves what was cached', async () => {
    const { cache } = open({ layers: [mapStore(), remoteStore()] })
    await cache.set('k', 'old')
    const fail = cache.getOrCompute('k', () => Promise.reject(new Error('x')), { mode: 'refresh' })
    await expect(fail).rejects.toThrow('x')
    expect(await cache.get('k')).toBe('old')
  })

  it('B18: a computation that a read-only caller began is stored if one who stores joins it', async () => {
    const { cache } = open()
    const work = pending<string>()
    const calls = [cache.getOrCompute('k', work.compute, { mode: 'read-only' }), cache.getOrCompute('k', work.compute)]
    work.resolve('value')
    expect(await Promise.all(calls)).toEqual(['value', 'value'])
    expect(work.calls).toBe(1)
    expect(await cache.get('k')).toBe('value')
  })
})

describe('the lifetime of what was computed', () => {
  it('B5: is shortened at random by up to the jitter, and never made longer', async () => {
    const { cache, clock } = open({ jitter: 0.25, ttl: 1_000 })
    const lives = new Set<number>()
    for (let i = 0; i < 500; i++) {
      await cache.getOrCompute(`computed ${i}`, () => i)
      await cache.set(`set ${i}`, i)
      for (const key of [`computed ${i}`, `set ${i}`])
        lives.add(((await cache.peek(key))?.freshUntil ?? 0) - clock.now())
    }
    expect(Math.min(...lives)).toBeGreaterThan(750)
    expect(Math.max(...lives)).toBeLessThanOrEqual(1_000)
    expect(lives.size).toBeGreaterThan(900)
  })

  it('B5: has no jitter unless asked for, may have one of its own, and forever stays forever', async () => {
    const { cache, clock } = open({ ttl: 1_000 })
    await cache.getOrCompute('plain', () => 1)
    await cache.getOrCompute('own', () => 1, { jitter: 1 })
    await cache.getOrCompute('ever', () => 1, { jitter: 1, ttl: 'forever' })
    expect((await cache.peek('plain'))?.freshUntil).toBe(clock.now() + 1_000)
    expect((await cache.peek('own'))?.freshUntil).toBeLessThan(clock.now() + 1_000)
    expect((await cache.peek('ever'))?.freshUntil).toBe(Number.POSITIVE_INFINITY)
    await expect(cache.getOrCompute('k', () => 1, { jitter: 2 })).rejects.toThrow(
      granaryError('INVALID_OPTION', /jitter/),
    )
  })

  it('B5: is what the computation says, over what the call says', async () => {
    const { cache, clock } = open({ ttl: 1_000 })
    const value = await cache.getOrCompute(
      'k',
      (run) => {
        run.ttl = '2h'
        return 'value'
      },
      { ttl: '1h' },
    )
    expect(value).toBe('value')
    expect((await cache.peek('k'))?.freshUntil).toBe(clock.now() + 7_200_000)
  })

  it.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY, '0s', 'soon'])(
    'fault 23: of %o, as computed, means that it is not stored, counted with its reason',
    async (ttl) => {
      const { cache, events } = open({ layers: [mapStore(), remoteStore()] })
      const compute = (run: { ttl: string | number | undefined }) => {
        run.ttl = ttl
        return 'value'
      }
      expect(await cache.getOrCompute('k', compute)).toBe('value')
      expect(await cache.getOrComputeMany(['l'], (_, run) => [compute(run)])).toEqual(['value'])
      await settled()
      expect(await cache.getMany(['k', 'l'])).toEqual([undefined, undefined])
      expect((await cache.stats()).refusals).toEqual({ ttl: 2 })
      expect(events).toContainEqual(expect.objectContaining({ type: 'refuse', reason: 'ttl' }))
    },
  )

  it('begins when the value is there, not when its computation began', async () => {
    const { cache, clock } = open({ ttl: 1_000 })
    await cache.getOrCompute('k', async () => {
      clock.advance(900)
      return 1
    })
    clock.advance(999)
    expect(await cache.get('k')).toBe(1)
  })

  it('fault 24: P9: of an entry from a host whose clock is ahead is never more than its ttl', async () => {
    const remote = remoteStore()
    const { cache, clock } = open({ layers: [mapStore(), remote] })
    const hour = 3_600_000
    const createdAt = clock.now() + hour
    await remote.set(
      'k',
      entryOf('foreign', { createdAt, freshUntil: createdAt + 1_000, staleUntil: createdAt + 1_000 }),
    )
    const peeked = await cache.peek('k')
    expect(peeked?.freshUntil).toBe(clock.now() + 1_000)
    expect(peeked?.createdAt).toBe(clock.now())
  })
})

describe('what a computation says', () => {
  it('is not stored if it says so, and counted as declined', async () => {
    const { cache } = open()
    const value = await cache.getOrCompute('k', (run) => {
      run.store = false
      return 'value'
    })
    expect([value, await cache.has('k')]).toEqual(['value', false])
    expect((await cache.stats()).refusals).toEqual({ declined: 1 })
  })

  it('P7: a value that cannot be kept goes to its callers, and is counted', async () => {
    class Money {
      amount = 1
    }
    const { cache } = open({ layers: [mapStore(), remoteStore()] })
    expect(await cache.getOrCompute('k', () => new Money())).toBeInstanceOf(Money)
    expect(await cache.has('k')).toBe(false)
    expect((await cache.stats()).refusals).toEqual({ 'unsupported-value': 1 })
  })
})

const OPERATIONS = ['get', 'set', 'delete', 'clear', 'entries', 'prune', 'evict', 'stats', 'close'] as const

/** A layer that has every capability, to be broken. */
const BREAKABLE: Record<string, () => Store> = {
  near: () => ({ ...mapStore(), prune: () => 0, evict: () => 0 }),
  remote: () => ({ ...remoteStore(), prune: async () => 0, evict: async () => 0 }),
  history: () => historyStore(),
}

async function listed(cache: Cache): Promise<void> {
  for await (const { key } of cache.entries()) expect(key).toBeTypeOf('string')
}

/** Uses everything that a cache has; all of it must come to an end. */
async function useEverything(cache: Cache, tell: (promise: Promise<unknown>) => Promise<unknown>) {
  expect(await tell(cache.getOrCompute('a', () => 1))).toBe(1)
  expect(await tell(cache.getOrCompute('a', () => 1, { mode: 'refresh' }))).toBe(1)
  expect(await tell(cache.getOrComputeMany(['b', 'c'], (keys) => keys.map(() => 1)))).toEqual([1, 1])
  await tell(cache.set('d', 1, { tags: ['t'] }))
  await tell(cache.setMany([['e', 1]]))
  await tell(cache.get('a'))
  await tell(cache.getMany(['a', 'b']))
  await tell(cache.peek('a'))
  await tell(cache.has('a'))
  await tell(cache.delete('a'))
  await tell(cache.deleteMany(['b', 'c']))
  await tell(cache.invalidateTags(['t']))
  await tell(cache.namespace('n').clear())
  await tell(cache.clear())
  await tell(listed(cache))
  await tell(cache.prune())
  await tell(cache.evict())
  await tell(cache.stats())
  await tell(cache.close())
}

describe('P7: the cache never breaks the computation', () => {
  const places = [
    { stack: 'near', layers: ['near'], broken: 0 },
    { stack: 'near over remote', layers: ['near', 'remote'], broken: 0 },
    { stack: 'near over remote', layers: ['near', 'remote'], broken: 1 },
    { stack: 'remote over history', layers: ['remote', 'history'], broken: 0 },
    { stack: 'near over history', layers: ['near', 'history'], broken: 1 },
  ]
  const build = ({ layers, broken }: (typeof places)[number]) => {
    const stores = layers.map((kind) => faulty((BREAKABLE[kind] as () => Store)()))
    return { stores, store: stores[broken] as FaultyStore }
  }
  const rows = places.flatMap((place) =>
    [...OPERATIONS, 'invalidate' as const]
      .filter((operation) => operation !== 'invalidate' || place.layers[place.broken] === 'history')
      .map((operation) => ({ ...place, operation, kind: place.layers[place.broken] })),
  )

  const isNearGet = ({ kind, operation }: (typeof rows)[number]) => kind === 'near' && operation === 'get'
  const failing = async (row: (typeof rows)[number]) => {
    const { stores, store } = build(row)
    const { cache, events } = open({ layers: stores })
    store.fail(row.operation, { error: new Error('broken') })
    await useEverything(cache, (promise) => promise)
    const { operation } = row
    if (store.calls[operation] > 0)
      expect(events).toContainEqual(expect.objectContaining({ type: 'failure', operation }))
  }

  it.each(rows.filter((row) => !isNearGet(row)))(
    '$stack, where $kind fails to $operation: everything goes on, and it is an event',
    failing,
  )

  it.each(rows.filter(isNearGet))('$stack, where $kind fails to get: everything goes on, and it is an event', failing)

  it.each(rows.filter((row) => !isNearGet(row)))(
    '$stack, where $kind once failed to $operation: it is used again afterwards',
    async (row) => {
      const { stores, store } = build(row)
      const { cache, clock } = open({ layers: stores })
      store.fail(row.operation, { times: 1 })
      await cache.getOrCompute('k', () => 1, { tags: ['t'] })
      await cache.delete('k')
      await cache.invalidateTags(['t'])
      await cache.clear()
      clock.advance('1h')
      await cache.get('k')
      await settled()
      expect(await cache.set('l', 2)).toBe(true)
      for (const other of stores) if (other !== store) await other.delete('l')
      expect(await cache.get('l')).toBe(2)
    },
  )

  const remotePlaces = rows.filter(({ kind, operation }) => kind !== 'near' && operation !== 'entries')
  it.each(remotePlaces)('$stack, where $kind is late to $operation: everything comes to an end', async (row) => {
    const { stores, store } = build(row)
    const { cache, clock } = open({ layers: stores })
    store.delay(row.operation, 100, clock)
    await useEverything(cache, async (promise) => {
      let done = false
      const result = promise.finally(() => {
        done = true
      })
      for (let step = 0; step < 20 && !done; step++) {
        await settled()
        clock.advance(100)
      }
      return result
    })
  })

  const farKinds = [{ kind: 'remote' }, { kind: 'history' }]
  const openOver = (kind: string) => {
    const far = faulty((BREAKABLE[kind] as () => Store)())
    return { far, ...open({ layers: [mapStore(), layer(far, { timeout: '10s' })] }) }
  }
  /** Waits half an hour by the clock. */
  const within = async (clock: FakeClock, promise: Promise<unknown>) => {
    let outcome: unknown = 'still waiting after half an hour'
    promise.then(
      (value) => {
        outcome = value
      },
      (error) => {
        outcome = error
      },
    )
    for (let minute = 0; minute < 30; minute++) {
      await settled()
      clock.advance('1m')
    }
    return outcome
  }

  it.each(farKinds)(
    'a $kind layer with a timeout that hangs on reading does not break a computation',
    async ({ kind }) => {
      const { far, cache, clock } = openOver(kind)
      far.hang('get')
      expect(
        await within(
          clock,
          cache.getOrCompute('k', () => 'computed'),
        ),
      ).toBe('computed')
    },
  )

  it.each(farKinds)('reading a $kind layer with a timeout that hangs is a miss in the end', async ({ kind }) => {
    const { far, cache, clock } = openOver(kind)
    far.hang('get')
    const reads = [cache.get('k'), cache.getMany(['k']), cache.peek('k'), cache.has('k')]
    expect(await within(clock, Promise.all(reads))).toEqual([undefined, [undefined], undefined, false])
  })

  it.each(farKinds)('writing to a $kind layer with a timeout that hangs is false in the end', async ({ kind }) => {
    const { far, cache, clock } = openOver(kind)
    far.hang('set')
    far.hang('delete')
    const writes = [cache.set('k', 1), cache.setMany([['l', 1]]), cache.delete('m')]
    expect(await within(clock, Promise.all(writes))).toEqual([false, [false], false])
  })

  it.each(farKinds)('closing over a $kind layer with a timeout that hangs comes to an end', async ({ kind }) => {
    const { far, cache, clock } = openOver(kind)
    far.hang('set')
    void cache.set('k', 1)
    far.hang('close')
    expect(await within(clock, cache.close())).toBeUndefined()
  })

  it('P7: a far layer that hangs on writing does not hold up the callers of a computation', async () => {
    const far = faulty(remoteStore())
    const { cache } = open({ layers: [mapStore(), far] })
    far.hang('set')
    expect(await cache.getOrCompute('k', () => 1)).toBe(1)
    expect(await cache.get('k')).toBe(1)
    far.heal()
  })

  it.each<[string, Partial<Store>]>([
    ['get gives an entry without metadata', { get: async () => ({ value: 1 }) as never }],
    ['get gives no entry', { get: async () => 7 as never }],
    ['get gives null', { get: async () => null as never }],
    ['getMany gives nothing', { getMany: async () => undefined as never }],
    ['getMany gives too few', { getMany: async () => [] }],
    ['set gives nothing', { set: async () => undefined as never }],
    ['setMany gives nothing', { setMany: async () => undefined as never }],
    ['deleteMany gives nothing', { deleteMany: async () => undefined as never }],
    ['stats gives nothing', { stats: async () => undefined as never }],
    [
      'get throws at once',
      {
        get: () => {
          throw new Error('at once')
        },
      },
    ],
  ])('P7: a store that keeps no contract is harmless: %s', async (_, broken) => {
    const { cache } = open({ layers: [{ ...remoteStore(), ...broken }] })
    expect(await cache.getOrCompute('a', () => 'computed')).not.toBeUndefined()
    expect(await cache.getOrComputeMany(['b', 'c'], () => [1, 2])).toHaveLength(2)
    await cache.get('a')
    await cache.getMany(['a', 'b'])
    await cache.set('a', 1)
    await cache.setMany([
      ['a', 1],
      ['b', 1],
    ])
    await cache.deleteMany(['a', 'b'])
    await cache.stats()
  })
})
