import { describe, expect, it } from 'vitest'
import { FakeClock, mapStore } from '../../testkit/src/index.js'
import { createCache } from '../src/index.js'
import { Latencies, latencyIn } from '../src/latencies.js'
import { remoteStore } from './stores.js'

describe('G10: latencies', () => {
  it('are within 5% of what was recorded, whatever their size', () => {
    const latencies = new Latencies()
    const times = Array.from({ length: 10_000 }, (_, i) => 0.001 * 1.0015 ** i)
    for (const ms of times) latencies.record(ms)
    const { count, p50, p90, p99, max } = latencies.read()
    const exact = (part: number) => times[Math.ceil(times.length * part) - 1] as number
    expect([count, max]).toEqual([10_000, times.at(-1)])
    for (const [got, part] of [
      [p50, 0.5],
      [p90, 0.9],
      [p99, 0.99],
    ] as const)
      expect(Math.abs(got / exact(part) - 1)).toBeLessThan(0.05)
  })

  it('take nothing, forever, and times that are none', () => {
    const latencies = new Latencies()
    for (const ms of [0, -1, Number.POSITIVE_INFINITY]) latencies.record(ms)
    expect(latencies.read()).toMatchObject({ count: 3, max: Number.POSITIVE_INFINITY })
    expect(latencies.read().p50).toBeLessThan(0.001)
    expect(latencyIn(undefined)).toEqual({ count: 0, p50: 0, p90: 0, p99: 0, max: 0 })
  })

  it('are those of hits, computations, and each layer', async () => {
    const clock = new FakeClock()
    const store = remoteStore()
    const get = async (key: string) => {
      clock.advance('20ms')
      return store.get(key)
    }
    const slow = { ...store, get }
    const cache = createCache({ layers: [mapStore(), slow], clock })
    const names = cache.namespace('names')
    const compute = () => {
      clock.advance('100ms')
      return 1
    }
    await names.getOrCompute('a', compute)
    clock.advance('1m')
    const other = createCache({ layers: [mapStore(), slow], clock }).namespace('names')
    await other.getOrCompute('a', compute)
    expect((await names.stats()).latency.compute).toMatchObject({ count: 1, max: 100 })
    const { latency, layers } = await other.stats()
    expect(latency).toMatchObject({ hit: { count: 1, max: 20 }, compute: { count: 0 } })
    expect(layers.map((layer) => layer.latency.get.max)).toEqual([0, 20])
    await other.getOrCompute('a', compute)
    expect((await other.stats()).latency.hit).toMatchObject({ count: 2, max: 20 })
  })
})
