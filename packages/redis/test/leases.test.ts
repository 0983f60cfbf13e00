import { setTimeout as wait } from 'node:timers/promises'
import { createCache, type Lease, type Position, type Store } from '@granary/core'
import { entryOf, mapStore } from '@granary/testkit'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { hasRedisServer, type Server, startServer } from './rigs/server.ts'
import { follow, newPrefix, open, until } from './support.ts'

const LIFE = 5_000

async function ask(
  store: Required<Store>,
  { key = 'k', life = LIFE, since = undefined as Position | undefined, signal = new AbortController().signal } = {},
): Promise<Lease | undefined> {
  return store.lease(key, { life, since, signal })
}

async function settles(promise: Promise<unknown>, withinMs = 150): Promise<boolean> {
  return Promise.race([promise.then(() => true), wait(withinMs, false)])
}

async function lookAt(store: Required<Store>, key: string): Promise<Position | undefined> {
  const look: { at?: Position } = {}
  await store.get(key, look)
  return look.at
}

describe.skipIf(!hasRedisServer)('a lease (P8)', () => {
  let server: Server
  beforeAll(async () => {
    server = await startServer()
  })
  afterAll(() => server.stop())

  /** Two stores that follow each other, so that who waits is woken. */
  async function pair() {
    const prefix = newPrefix()
    const [mine, other] = [open({ url: server.url, prefix }), open({ url: server.url, prefix })]
    await follow(other, mine)
    await follow(mine, other)
    return { mine, other }
  }

  it('is given to one of two, and ends the wait of the other when it is released', async () => {
    const { mine, other } = await pair()
    const lease = await ask(mine)
    expect(lease).toBeDefined()
    const waiting = ask(other)
    expect(await settles(waiting)).toBe(false)
    await lease?.release()
    expect(await waiting).toBeUndefined()
    expect(await ask(other)).toBeDefined()
  })

  it('of one key is not that of another', async () => {
    const { mine, other } = await pair()
    expect(await ask(mine)).toBeDefined()
    expect(await ask(other, { key: 'l' })).toBeDefined()
  })

  it('is not given when the key was stored since it was read', async () => {
    const { mine, other } = await pair()
    const since = await lookAt(other, 'k')
    const lease = await ask(mine, { since })
    const waiting = ask(other, { since })
    expect(await mine.set('k', entryOf(1), since)).toEqual({ stored: true })
    await lease?.release()
    expect(await waiting).toBeUndefined()
    expect(await ask(other, { since })).toBeUndefined()
    expect(await ask(other, { since: await lookAt(other, 'k') })).toBeDefined()
  })

  it('ends the wait when its holder is gone and its life is over (fault 27)', async () => {
    const { mine, other } = await pair()
    await ask(mine, { life: 300 })
    const began = performance.now()
    expect(await ask(other)).toBeUndefined()
    expect(performance.now() - began).toBeLessThan(300 + 100 * 5)
    expect(await ask(other)).toBeDefined()
  })

  it('lasts as long as it is renewed, and its late holder is told that it was lost (fault 28)', async () => {
    const { mine, other } = await pair()
    const lease = (await ask(mine, { life: 400 })) as Lease
    const waiting = ask(other, { life: 400 })
    for (let i = 0; i < 6; i++) {
      await wait(100)
      expect(await lease.renew()).toBe(true)
    }
    expect(await settles(Promise.resolve(lease.release()))).toBe(true)
    expect(await waiting).toBeUndefined()
    const next = await ask(other)
    expect(next).toBeDefined()
    expect(await lease.renew()).toBe(false)
    await lease.release()
    expect(await next?.renew()).toBe(true)
  })

  it('is not waited for beyond the signal', async () => {
    const { mine, other } = await pair()
    await ask(mine)
    const controller = new AbortController()
    const waiting = ask(other, { signal: controller.signal })
    expect(await settles(waiting.catch(() => {}))).toBe(false)
    const reason = new Error('enough')
    controller.abort(reason)
    await expect(waiting).rejects.toBe(reason)
  })

  it('is looked for again and again where no feed tells of its end', async () => {
    const prefix = newPrefix()
    const [mine, other] = [open({ url: server.url, prefix }), open({ url: server.url, prefix })]
    const lease = await ask(mine)
    expect(await ask(other)).toBeUndefined()
    await lease?.release()
    expect(await ask(other)).toBeDefined()
  })

  it('of two caches that miss a key, one computes it, and the other has its value', async () => {
    const prefix = newPrefix()
    const caches = [0, 1].map(() => {
      const cache = createCache({ layers: [mapStore(), open({ url: server.url, prefix })], ttl: '1h' })
      onTestFinished(() => cache.close())
      return cache
    })
    let computations = 0
    for (let round = 0; round < 20; round++) {
      const values = await Promise.all(
        caches.map((cache) =>
          cache.getOrCompute(`cold ${round}`, async () => {
            computations++
            await wait(10)
            return round
          }),
        ),
      )
      expect(values).toEqual([round, round])
    }
    expect(computations).toBe(20)
    await until(async () => (await server.admin().keys(`${prefix}*l:*`)).length === 0)
  })
})
