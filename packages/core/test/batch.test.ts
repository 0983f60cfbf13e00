import { describe, expect, it } from 'vitest'
import { FakeClock, faulty, historyStore, mapStore } from '../../testkit/src/index.js'
import { type CacheOptions, createCache } from '../src/index.js'
import { granaryError } from './expectations.js'
import { batchStore, remoteStore, settled } from './stores.js'

function open(options: Partial<CacheOptions> = {}) {
  const clock = new FakeClock()
  const cache = createCache({ layers: [mapStore()], clock, ...options })
  const asked: (readonly string[])[] = []
  const upper = async (keys: readonly string[]) => {
    asked.push(keys)
    return keys.map((key) => key.toUpperCase())
  }
  return { cache, clock, asked, upper }
}

describe('getOrComputeMany', () => {
  it('B8: answers in the order asked, and computes what is missing in one call, without repetitions', async () => {
    const { cache, asked, upper } = open()
    await cache.set('b', 'cached')
    expect(await cache.getOrComputeMany(['c', 'b', 'a', 'c', 'a'], upper)).toEqual(['C', 'cached', 'A', 'C', 'A'])
    expect(asked).toEqual([['c', 'a']])
    expect(await cache.getOrComputeMany(['a', 'b', 'c'], upper)).toEqual(['A', 'cached', 'C'])
    expect(asked.length).toBe(1)
    expect(await cache.stats()).toMatchObject({ computations: 2, stores: 3, inFlight: 0, marks: 0 })
  })

  it('B8: of no keys computes nothing', async () => {
    const { cache, asked, upper } = open()
    expect(await cache.getOrComputeMany([], upper)).toEqual([])
    expect(asked).toEqual([])
  })

  it.each([['use'], ['refresh'], ['read-only']] as const)(
    'B8: asks each layer once for all, in mode %s',
    async (mode) => {
      const far = faulty(batchStore())
      const { cache, upper } = open({ layers: [mapStore(), far] })
      const keys = Array.from({ length: 30 }, (_, i) => `k${i}`)
      await cache.getOrComputeMany(keys, upper, { mode })
      await settled()
      expect(far.calls.get).toBe(0)
      expect(far.calls.getMany).toBe(mode === 'refresh' ? 0 : 1)
      expect([far.calls.set, far.calls.setMany]).toEqual([0, mode === 'read-only' ? 0 : 1])
    },
  )

  it('B8: asks each layer once for all, in mode only-if-cached', async () => {
    const far = faulty(batchStore())
    const { cache, upper } = open({ layers: [far] })
    await cache.setMany(['a', 'b', 'c'].map((key) => [key, key] as const))
    expect(await cache.getOrComputeMany(['a', 'b', 'c'], upper, { mode: 'only-if-cached' })).toEqual(['a', 'b', 'c'])
    expect([far.calls.get, far.calls.getMany]).toEqual([0, 1])
  })

  it('B8: asks a layer with a history once for all positions, in mode refresh', async () => {
    const far = faulty(historyStore())
    const { cache, upper } = open({ layers: [far] })
    await cache.getOrComputeMany(['a', 'b', 'c'], upper, { mode: 'refresh' })
    expect([far.calls.get, far.calls.getMany]).toEqual([0, 1])
  })

  it('B8: P8: joins the runs that are under way, and is joined', async () => {
    const { cache, asked, upper } = open()
    const { promise, resolve } = Promise.withResolvers<string>()
    const single = cache.getOrCompute('a', () => promise)
    const many = cache.getOrComputeMany(['a', 'b'], upper)
    const joined = [
      cache.getOrCompute('b', () => 'own'),
      cache.getOrComputeMany(['b', 'a'], () => {
        throw new Error('not asked')
      }),
    ]
    await settled()
    resolve('single')
    expect(await single).toBe('single')
    expect(await many).toEqual(['single', 'B'])
    expect(await Promise.all(joined)).toEqual(['B', ['B', 'single']])
    expect(asked).toEqual([['b']])
  })

  it('P8: shares a rejection with those who joined, and fault 18: the next call computes', async () => {
    const { cache, upper } = open()
    const error = new Error('failed')
    const many = cache.getOrComputeMany(['a', 'b'], async () => {
      await settled()
      throw error
    })
    const single = cache.getOrCompute('b', () => 'own')
    await expect(many).rejects.toBe(error)
    await expect(single).rejects.toBe(error)
    expect(await cache.getOrComputeMany(['a', 'b'], upper)).toEqual(['A', 'B'])
    expect(await cache.stats()).toMatchObject({ computeFailures: 2, computations: 2, inFlight: 0, marks: 0 })
  })

  it('fault 6: a run that was joined and fails is no unhandled rejection', async () => {
    const { cache, upper } = open()
    const failing = cache.getOrCompute('a', async () => {
      await settled()
      throw new Error('single')
    })
    const many = cache.getOrComputeMany(['a', 'b'], upper)
    await expect(many).rejects.toThrow('single')
    await expect(failing).rejects.toThrow('single')
    expect(await cache.get('b')).toBe('B')
  })

  it.each<[string, unknown]>([
    ['too few values', ['A']],
    ['too many values', ['A', 'B', 'C']],
    ['no values', []],
    ['no array', { a: 'A', b: 'B' }],
    ['nothing', undefined],
  ])('B8: a computation that answers %s gets a clear error, and nothing is stored', async (_, answer) => {
    const { cache } = open()
    await expect(cache.getOrComputeMany(['a', 'b'], () => answer as string[])).rejects.toThrow(
      granaryError('INVALID_OPTION', /answered .* for 2 keys; it must give one for each, in order/),
    )
    expect(await cache.getMany(['a', 'b'])).toEqual([undefined, undefined])
    expect((await cache.stats()).inFlight).toBe(0)
  })

  it('fault 17: rejects at the deadline; the next call computes', async () => {
    const { cache, clock, upper } = open({ timeout: '1m' })
    let signal: AbortSignal | undefined
    const many = cache.getOrComputeMany(['a', 'b'], (_, run) => {
      signal = run.signal
      return new Promise<string[]>(() => {})
    })
    await settled()
    clock.advance('1m')
    await expect(many).rejects.toThrow(granaryError('TIMEOUT'))
    expect(signal?.aborted).toBe(true)
    expect(await cache.getOrComputeMany(['a', 'b'], upper)).toEqual(['A', 'B'])
    expect(clock.pending).toBe(0)
  })

  it('fault 17: tells of the deadline of every key', async () => {
    const { cache, clock } = open({ timeout: '1m' })
    let timeouts = 0
    cache.on(({ type }) => {
      if (type === 'timeout') timeouts++
    })
    const many = cache.getOrComputeMany(['a', 'b'], () => new Promise<string[]>(() => {}))
    await settled()
    clock.advance('1m')
    await expect(many).rejects.toThrow()
    expect(timeouts).toBe(2)
  })

  it('fault 19: a computation that asks for one of its keys before its first await is told at once', async () => {
    const { cache } = open()
    const self = (): Promise<string[]> => cache.getOrCompute('b', () => 'own').then((b) => ['A', b])
    await expect(cache.getOrComputeMany(['a', 'b'], self)).rejects.toThrow(granaryError('CIRCULAR_COMPUTATION'))
  })

  it('B13: ends one caller’s wait, and aborts the computation when nobody waits for any key', async () => {
    const { cache } = open()
    const [caller, other] = [new AbortController(), new AbortController()]
    let signal: AbortSignal | undefined
    const compute = (_: readonly string[], run: { signal: AbortSignal }) => {
      signal = run.signal
      return new Promise<string[]>(() => {})
    }
    const many = cache.getOrComputeMany(['a', 'b'], compute, { signal: caller.signal })
    const single = cache.getOrCompute('a', () => 'own', { signal: other.signal })
    await settled()
    caller.abort('gone')
    await expect(many).rejects.toBe('gone')
    expect(signal?.aborted, 'a is still wanted').toBe(false)
    other.abort('gone too')
    await expect(single).rejects.toBe('gone too')
    expect(signal?.aborted).toBe(true)
    expect((await cache.stats()).inFlight).toBe(0)
  })

  it('B13: with a signal that has aborted computes nothing', async () => {
    const { cache, asked, upper } = open()
    const many = cache.getOrComputeMany(['a', 'b'], upper, { signal: AbortSignal.abort('before') })
    await expect(many).rejects.toBe('before')
    await settled()
    expect(asked).toEqual([])
    expect((await cache.stats()).inFlight).toBe(0)
  })

  it('P1: a delete of one key meanwhile keeps the result of that key alone from being stored', async () => {
    const { cache } = open({ layers: [mapStore(), remoteStore()] })
    const { promise, resolve } = Promise.withResolvers<string[]>()
    const many = cache.getOrComputeMany(['a', 'b'], () => promise)
    await settled()
    await cache.delete('a')
    resolve(['A', 'B'])
    expect(await many).toEqual(['A', 'B'])
    await settled()
    expect(await cache.getMany(['a', 'b'])).toEqual([undefined, 'B'])
  })

  it('P7: values that cannot be kept go to the caller, and the others are stored', async () => {
    const { cache } = open()
    const f = () => {}
    expect(await cache.getOrComputeMany<unknown>(['a', 'b'], () => [f, 'B'])).toEqual([f, 'B'])
    expect(await cache.getMany(['a', 'b'])).toEqual([undefined, 'B'])
  })

  it('takes tags, ttl and cost from the computation, for every key', async () => {
    const { cache, clock } = open()
    await cache.getOrComputeMany(['a', 'b'], (keys, run) => {
      run.tag('t')
      run.ttl = 500
      run.cost = 2
      clock.advance(100)
      return keys
    })
    for (const key of ['a', 'b'])
      expect(await cache.peek(key)).toMatchObject({ tags: ['t'], freshUntil: clock.now() + 500, computeMs: 50 })
  })

  it('shares the cost of a call among its keys, as it does the time', async () => {
    const { cache } = open()
    await cache.getOrComputeMany(['a', 'b'], (keys, run) => {
      run.cost = 2
      return keys
    })
    const peeked = await Promise.all(['a', 'b'].map((key) => cache.peek(key)))
    expect(peeked.reduce((sum, entry) => sum + (entry?.cost ?? 0), 0)).toBe(2)
  })

  it('B18: stores what a read-only caller began if one who stores joins it', async () => {
    const { cache, upper } = open()
    const calls = [cache.getOrComputeMany(['a'], upper, { mode: 'read-only' }), cache.getOrCompute('a', () => 'own')]
    expect(await Promise.all(calls)).toEqual([['A'], 'A'])
    expect(await cache.get('a')).toBe('A')
  })
})
