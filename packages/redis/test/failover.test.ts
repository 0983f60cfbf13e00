import { setTimeout as wait } from 'node:timers/promises'
import { createCache } from '@granary/core'
import { describe, expect, it, onTestFinished } from 'vitest'
import { Buckets } from '../src/buckets.js'
import { redis } from '../src/index.js'
import { startCluster } from './rigs/cluster.ts'
import { startSentinel } from './rigs/sentinel.ts'
import { hasRedisServer } from './rigs/server.ts'
import { until } from './support.ts'

describe.skipIf(!hasRedisServer)('when a master is gone', () => {
  it('fault 9: in a Cluster, its keys are misses until its replica has taken over', async () => {
    const cluster = await startCluster()
    const cache = createCache({ layers: [redis({ cluster: cluster.nodes })], ttl: '1h' })
    onTestFinished(async () => {
      await cache.close()
      await cluster.stop()
    })
    const buckets = new Buckets('granary:', '', true)
    const keys = Array.from({ length: 60 }, (_, i) => `k${i}`)
    await until(async () => (await Promise.all(keys.map((key) => cache.set(key, 1)))).every(Boolean), 10_000)
    const lost = keys[0] as string
    const master = await cluster.masterOf(buckets.of(lost).slot)
    await master.kill()
    const killedAt = performance.now()
    await until(async () => {
      expect(await Promise.all(keys.map((key) => cache.getOrCompute(key, () => 2)))).toHaveLength(keys.length)
      await wait(20)
      return cache.set(lost, 3)
    }, 30_000)
    // The timeout of a node is 1 s; 2 s more, five times over.
    expect(performance.now() - killedAt).toBeLessThan(3_000 * 5)
    expect(await cache.get(lost)).toBe(3)
  }, 90_000)

  it('fault 7: behind Sentinel, writes go to the new master soon after it was appointed', async () => {
    const watched = await startSentinel()
    const cache = createCache({ layers: [redis({ server: watched.options })], ttl: '1h' })
    onTestFinished(async () => {
      await cache.close()
      await watched.stop()
    })
    await until(() => cache.set('k', 1), 10_000)
    await watched.master.kill()
    const replica = watched.replica.admin()
    await until(async () => {
      expect(await cache.getOrCompute('other', () => 2)).toBe(2)
      await wait(20)
      return String(await replica.role()).startsWith('master')
    }, 30_000)
    const appointedAt = performance.now()
    await until(() => cache.set('k', 3), 30_000)
    expect(performance.now() - appointedAt).toBeLessThan(2_000 * 5)
    expect(await cache.get('k')).toBe(3)
  }, 90_000)
})
