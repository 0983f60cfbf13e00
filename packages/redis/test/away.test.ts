import { setTimeout as wait } from 'node:timers/promises'
import { createCache } from '@granary/core'
import { Redis } from 'ioredis'
import { describe, expect, it, onTestFinished } from 'vitest'
import { type RedisOptions, redis } from '../src/index.js'
import { type Load, startLoad, untilHit } from './rigs/load.ts'
import { percentile } from './rigs/percentile.ts'
import { freePort } from './rigs/ports.ts'
import { startProxy } from './rigs/proxy.ts'
import { hasRedisServer, type Server, startServer } from './rigs/server.ts'
import { until } from './support.ts'

const CALLERS = 50
/** How much slower than on an idle machine anything may be. */
const SLACK = 5

async function underLoad(): Promise<{ server: Server; load: Load }> {
  const server = await startServer()
  const load = startLoad({ url: server.url }, CALLERS)
  onTestFinished(async () => {
    await load.stop()
    await server.stop()
  })
  expect(await untilHit(load, 10_000)).toBeLessThan(10_000)
  return { server, load }
}

function checkAnswers({ done }: Load): void {
  expect({ failed: done.failed, wrong: done.wrong }).toEqual({ failed: 0, wrong: 0 })
}

describe.skipIf(!hasRedisServer)('while the server is away', () => {
  it('fault 1: killed under load, no call fails or is held up, and it is soon in use again', async () => {
    const { server, load } = await underLoad()
    load.took.length = 0
    await wait(300)
    const usual = percentile(load.took, 0.99)
    for (let round = 0; round < 2; round++) {
      await server.kill()
      load.took.length = 0
      await wait(500)
      expect(load.took.length).toBeGreaterThan(100)
      expect(percentile(load.took, 0.99)).toBeLessThan(2 * usual + 10 * SLACK)
      await server.restart()
      expect(await untilHit(load, 10_000)).toBeLessThan(1_500 * SLACK)
    }
    checkAnswers(load)
  }, 60_000)

  it('fault 2: frozen, it costs the first calls 50 ms and the next ones nothing', async () => {
    const { server, load } = await underLoad()
    load.took.length = 0
    server.freeze()
    await wait(300)
    expect(Math.max(...load.took)).toBeLessThan(50 * SLACK)
    load.took.length = 0
    await wait(1_000)
    expect(percentile(load.took, 0.5)).toBeLessThan(1 * SLACK)
    server.thaw()
    expect(await untilHit(load, 10_000)).toBeLessThan(2_000 * SLACK)
    checkAnswers(load)
  }, 60_000)

  it('fault 3: what is not answered does not pile up in the client', async () => {
    const server = await startServer()
    const client = new Redis(server.url)
    client.on('error', () => {})
    const cache = createCache({ layers: [redis({ client })], ttl: '1h' })
    onTestFinished(async () => {
      client.disconnect()
      await cache.close()
      await server.stop()
    })
    await cache.set('k', 1)
    server.freeze()
    for (let round = 0; round < 20; round++)
      await Promise.all(Array.from({ length: 1_000 }, (_, i) => cache.getOrCompute(`${round} ${i}`, () => i)))
    const { commandQueue } = client as unknown as { commandQueue: { length: number } }
    expect(commandQueue.length).toBeLessThan(200)
    server.thaw()
    for (let i = 0; i < 500 && (await cache.get('k')) !== 2; i++) {
      await cache.set('k', 2)
      await wait(20)
    }
    expect(await cache.get('k')).toBe(2)
  }, 60_000)

  it('fault 5: absent at start, calls are answered, and it is joined when it comes', async () => {
    const port = await freePort()
    const load = startLoad({ url: `redis://127.0.0.1:${port}` }, CALLERS)
    onTestFinished(() => load.stop())
    await wait(500)
    expect(load.done.calls).toBeGreaterThan(100)
    const server = await startServer({}, 'redis-server', port)
    onTestFinished(() => server.stop())
    expect(await untilHit(load, 20_000)).toBeLessThan(1_500 * SLACK)
    checkAnswers(load)
  }, 60_000)

  it('fault 4: connections on which nothing comes any more are given up, that of the feed too', async () => {
    const server = await startServer()
    const proxy = await startProxy(server.port)
    const load = startLoad({ url: proxy.url }, CALLERS)
    onTestFinished(async () => {
      await load.stop()
      await proxy.stop()
      await server.stop()
    })
    expect(await untilHit(load, 10_000)).toBeLessThan(10_000)
    await until(async () => String(await server.admin().client('LIST')).includes('sub=1'))
    proxy.swallow()
    expect(await proxy.givenUp()).toBeLessThan(2_000 * SLACK)
    expect(await untilHit(load, 10_000)).toBeLessThan(1_500 * SLACK)
    checkAnswers(load)
  }, 60_000)

  it('P3: what was deleted while it was frozen is not there when it is back', async () => {
    const server = await startServer()
    const options: RedisOptions = { url: server.url }
    const cache = createCache({ layers: [redis(options)], ttl: '1h' })
    const other = createCache({ layers: [redis({ ...options, timeout: '5s' })], ttl: '1h' })
    onTestFinished(async () => {
      await Promise.all([cache.close(), other.close()])
      await server.stop()
    })
    await cache.set('deleted', 1)
    await cache.set('kept', 1)
    server.freeze()
    for (let i = 0; i < 8; i++) await cache.get('kept')
    expect(await cache.delete('deleted')).toBe(false)
    server.thaw()
    for (let i = 0; i < 500 && (await cache.get('kept')) === undefined; i++) await wait(20)
    expect(await cache.get('deleted')).toBeUndefined()
    for (let i = 0; i < 100 && (await other.get('deleted')) !== undefined; i++) await wait(20)
    expect(await other.get('deleted')).toBeUndefined()
    expect(await other.get('kept')).toBe(1)
  }, 60_000)
})
