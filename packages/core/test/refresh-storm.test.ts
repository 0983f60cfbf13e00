import { describe, expect, it } from 'vitest'
import { FakeClock, mapStore } from '../../testkit/src/index.js'
import { createCache, type Store } from '../src/index.js'
import { remoteStore, settled } from './stores.js'

const SECOND = 1_000
const MINUTE = 60 * SECOND

describe('B3, B4: soft timeout and stale-if-error in one timeline', () => {
  it('gives callers exactly this', async () => {
    const clock = new FakeClock()
    const cache = createCache({
      layers: [mapStore(), remoteStore()],
      clock,
      ttl: '10s',
      staleIfError: '60s',
      retryAfter: '5s',
      softTimeout: '1s',
      timeout: '4s',
    })
    const began = clock.now()
    let calls = 0
    /** What each computation does: how long it takes, and whether it fails. */
    const plan = [
      { ms: 0 },
      { ms: 2_500 },
      { ms: 500, fails: true },
      { ms: Number.POSITIVE_INFINITY },
      { ms: 500, fails: true },
      { ms: 500 },
    ]
    const compute = () => {
      const { ms, fails = false } = plan[calls++] ?? { ms: 500, fails: true }
      const { promise, resolve, reject } = Promise.withResolvers<string>()
      const name = `v${calls}`
      const end = () => (fails ? reject(new Error(`${name} failed`)) : resolve(name))
      if (ms === 0) end()
      else if (ms < MINUTE) clock.after(ms, end)
      return promise
    }
    const log: string[] = []
    const ask = async () => {
      const asked = (clock.now() - began) / SECOND
      const said = (what: string) => log.push(`${asked} s → ${(clock.now() - began) / SECOND} s: ${what}`)
      await cache.getOrCompute('k', compute).then(said, (error: Error) => said(error.message))
    }
    const asks = new Map([
      [0, 1], // computed
      [9.5, 1], // fresh
      [10, 1], // stale: v2 takes 2.5 s, the caller waits 1 s
      [12, 1], // it has been computing for longer than that: stale at once
      [13, 1], // v2 is there
      [22.5, 1], // stale: v3 fails after 0.5 s
      [25, 1], // held back for 5 s from the failure at 23 s
      [28, 1], // v4 hangs: stale after 1 s
      [33, 1], // it was given up at 32 s: held back until 37 s
      [37, 1], // v5 fails
      [43, 1], // v6 is computed
      [120, 1], // nothing stale is left, and v7 fails
    ])
    for (let half = 0; half <= 2 * 125; half++) {
      if (asks.has(half / 2)) void ask()
      await settled()
      clock.advance(SECOND / 2)
      await settled()
    }
    expect(log).toEqual([
      '0 s → 0 s: v1',
      '9.5 s → 9.5 s: v1',
      '10 s → 11 s: v1',
      '12 s → 12 s: v1',
      '13 s → 13 s: v2',
      '22.5 s → 23 s: v2',
      '25 s → 25 s: v2',
      '28 s → 29 s: v2',
      '33 s → 33 s: v2',
      '37 s → 37.5 s: v2',
      '43 s → 43.5 s: v6',
      '120 s → 120.5 s: v7 failed',
    ])
    expect(await cache.stats()).toMatchObject({ staleHits: 7, throttled: 2, computations: 3, computeFailures: 3 })
    expect(clock.pending).toBe(0)
  })
})

const STACKS: Record<string, () => Store[]> = {
  'a near layer': () => [mapStore()],
  'near over remote': () => [mapStore(), remoteStore()],
}

describe.each(Object.entries(STACKS).map(([name, make]) => ({ name, make })))(
  'B2, B3: a refresh storm over $name',
  ({ make }) => {
    it.each([
      ['staleWhileRevalidate', { staleWhileRevalidate: '1h' }],
      ['staleIfError', { staleIfError: '1h' }],
      ['eagerRefresh', { eagerRefresh: 0.5, ttl: '1h' }],
    ] as const)(
      'of 1,000 keys and 10,000 callers, whose computation fails for a minute: %s computes each key twice in that minute',
      async (name, options) => {
        const clock = new FakeClock()
        const cache = createCache({ layers: make(), clock, ttl: '10m', retryAfter: '30s', ...options })
        const keys = Array.from({ length: 1_000 }, (_, i) => `k${i}`)
        const calls = new Map<string, number>()
        let fails = false
        const ask = (key: string) =>
          cache.getOrCompute(key, async () => {
            calls.set(key, (calls.get(key) ?? 0) + 1)
            if (fails) throw new Error('down')
            return key
          })
        await Promise.all(keys.map(ask))
        clock.advance('31m')
        calls.clear()
        fails = true
        let answered = 0
        // 10,000 callers, ten for each key, in waves of 2,000 every 12 s.
        for (let wave = 0; wave < 5; wave++) {
          const values = await Promise.all([...keys, ...keys].map(ask))
          answered += values.filter((value, i) => value === keys[i % keys.length]).length
          await settled()
          clock.advance('12s')
        }
        expect(answered).toBe(10_000)
        const perKey = keys.map((key) => calls.get(key) ?? 0)
        console.log(`${name}: ${answered} callers answered, ${Math.max(...perKey)} computations a key in a minute`)
        expect([Math.min(...perKey), Math.max(...perKey)]).toEqual([2, 2])
        fails = false
        clock.advance('30s')
        await Promise.all(keys.map(ask))
        await settled()
        expect(await ask('k0')).toBe('k0')
        expect(calls.get('k0')).toBe(3)
        expect(clock.pending).toBe(0)
      },
    )
  },
)
