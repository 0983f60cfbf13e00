import { createCache } from '@granary/core'
import { describe, expect, it, onTestFinished } from 'vitest'
import { redis } from '../src/index.js'
import { hasRedisServer, type Server, startServer } from './rigs/server.ts'
import { until } from './support.ts'

async function opened(settings: Readonly<Record<string, string>> = {}) {
  const server: Server = await startServer(settings)
  const cache = createCache({ layers: [redis({ url: server.url, timeout: '2s' })], ttl: '1h' })
  const failures: string[] = []
  cache.on((event) => {
    if (event.type === 'failure') failures.push(String(event.error))
  })
  onTestFinished(async () => {
    await cache.close()
    await server.stop()
  })
  return { server, cache, failures }
}

describe.skipIf(!hasRedisServer)('fault 10: what a server says instead of an answer is a miss', () => {
  it('OOM: nothing comes in, what is there can be read and deleted, and there is room again', async () => {
    const { server, cache, failures } = await opened()
    await cache.set('kept', 1)
    await cache.set('deleted', 1)
    const admin = server.admin()
    await admin.config('SET', 'maxmemory-policy', 'noeviction')
    await admin.config('SET', 'maxmemory', '1')
    expect(await cache.getOrCompute('new', () => 2)).toBe(2)
    expect(failures.join()).toContain('OOM')
    expect(await cache.get('kept')).toBe(1)
    expect(await cache.delete('deleted')).toBe(true)
    expect(await cache.get('deleted')).toBeUndefined()
    await admin.config('SET', 'maxmemory', '0')
    await until(() => cache.set('new', 3))
    expect(await cache.get('new')).toBe(3)
  })

  it('BUSY: a script that runs for ever', async () => {
    const { server, cache, failures } = await opened({ 'busy-reply-threshold': '50' })
    await cache.set('k', 1)
    const looping = server.admin().eval('while true do end', 0)
    looping.catch(() => {})
    const admin = server.admin()
    await until(() =>
      admin.ping().then(
        () => false,
        (error: Error) => error.message.startsWith('BUSY'),
      ),
    )
    expect(await cache.getOrCompute('k', () => 2)).toBe(2)
    expect(failures.join()).toContain('BUSY')
    await admin.script('KILL')
    await until(async () => (await cache.get('k')) === 1)
  })

  it('a key of another type', async () => {
    const { server, cache, failures } = await opened()
    await cache.set('k', 1)
    const admin = server.admin()
    const [name] = await admin.keys('*e:k')
    await admin.del(name as string)
    await admin.lpush(name as string, 'of somebody else')
    expect(await cache.getOrCompute('k', () => 2)).toBe(2)
    expect(failures.join()).not.toContain('of somebody else')
  })
})
