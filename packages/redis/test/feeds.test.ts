import { createCache, type Mark, type News } from '@granary/core'
import { entryOf, mapStore } from '@granary/testkit'
import type { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { Buckets } from '../src/buckets.js'
import type { RedisOptions } from '../src/index.js'
import { MARK } from '../src/scripts.js'
import { type RunningCluster, startCluster } from './rigs/cluster.ts'
import { hasRedisServer, type Server, startServer } from './rigs/server.ts'
import { follow, newPrefix, open, until } from './support.ts'

/** Two stores of the same data, the second followed. */
async function pair(place: Partial<RedisOptions>, prefix = newPrefix()) {
  const [mine, theirs] = [open({ ...place, prefix }), open({ ...place, prefix })]
  return { mine, theirs, heard: await follow(theirs, mine) }
}

const marksIn = (heard: readonly News[]): readonly Mark[] => heard.flatMap((news) => (news === 'gap' ? [] : [...news]))
const keysIn = (heard: readonly News[]): string[] => marksIn(heard).flatMap((mark) => ('key' in mark ? [mark.key] : []))

/** What a feed tells of, wherever the data is. */
function tells(place: () => Partial<RedisOptions>): void {
  it('P5: tells of what others delete, set and invalidate, and of nothing of its own', async () => {
    const { mine, theirs, heard } = await pair(place())
    await theirs.delete('own')
    await mine.delete('deleted')
    await mine.deleteMany(['one', 'two'])
    await mine.set('set', entryOf(1))
    await until(() => keysIn(heard).length >= 4)
    expect(keysIn(heard)).toEqual(expect.arrayContaining(['deleted', 'one', 'two', 'set']))
    expect(keysIn(heard)).not.toContain('own')
    heard.length = 0
    await mine.invalidate([{ tag: 't' }, { namespace: 'a/b' }])
    await until(() => marksIn(heard).length >= 2)
    expect(marksIn(heard)).toEqual(expect.arrayContaining([{ tag: 't' }, { namespace: 'a/b' }]))
    expect(heard).not.toContain('gap')
  })

  it('tells of a computed value that took the place of another, not of one that is the first', async () => {
    const { mine, heard } = await pair(place())
    for (const value of [1, 2]) {
      const look = { at: undefined as never }
      await mine.get('computed', look)
      expect(await mine.set('computed', entryOf(value), look.at)).toEqual({ stored: true })
      if (value === 1) expect(keysIn(heard)).toEqual([])
    }
    await until(() => keysIn(heard).includes('computed'))
  })
}

describe.skipIf(!hasRedisServer)('the feed of a server', () => {
  let server: Server
  let admin: Redis
  beforeAll(async () => {
    server = await startServer()
    admin = server.admin()
  })
  afterAll(() => server.stop())
  const place = () => ({ url: server.url })

  /** A mark whose message nobody hears. */
  async function markUnheard(prefix: string, keys: readonly string[], mostKeyMarks = 20_000): Promise<void> {
    const bucket = new Buckets(prefix, '', false).of('')
    const names = [bucket.clock, bucket.keyMarks, bucket.scopeMarks, ...keys.map((key) => bucket.entry(key))]
    await admin.eval(MARK.lua, names.length, ...names, 'nowhere', 'PUBLISH', 'somebody', mostKeyMarks, 1_000, ...keys)
  }

  tells(place)

  it('begins without a gap where the server is there, and tells of what was done before it was subscribed', async () => {
    const prefix = newPrefix()
    const [mine, theirs] = [open({ ...place(), prefix }), open({ ...place(), prefix })]
    await mine.get('k')
    const heard: News[] = []
    theirs.feed((news) => heard.push(news))
    await theirs.get('k')
    await mine.delete('early')
    await until(() => keysIn(heard).includes('early'))
    expect(heard).not.toContain('gap')
  })

  it('finds out what a lost message said from the next one that comes', async () => {
    const prefix = newPrefix()
    const { mine, heard } = await pair(place(), prefix)
    await markUnheard(prefix, ['lost'])
    await mine.delete('heard')
    await until(() => keysIn(heard).includes('lost'))
    expect(heard).not.toContain('gap')
  })

  it('is a gap when the server has forgotten what the lost message said', async () => {
    const prefix = newPrefix()
    const { mine, heard } = await pair(place(), prefix)
    await markUnheard(
      prefix,
      Array.from({ length: 20 }, (_, i) => `lost ${i}`),
    )
    await markUnheard(prefix, ['another'], 5)
    await mine.delete('heard')
    await until(() => heard.includes('gap'))
  })

  it('is a gap when the server was emptied', async () => {
    const own = await startServer()
    onTestFinished(() => own.stop())
    const { mine, heard } = await pair({ url: own.url })
    await own.admin().flushall()
    await mine.delete('k')
    await until(() => heard.includes('gap'))
  })

  it('fault 15: what was invalidated while a subscriber reconnected is told of when it is back', async () => {
    const { mine, heard } = await pair(place())
    for (let round = 0; round < 20; round++) {
      heard.length = 0
      await admin.client('KILL', 'TYPE', 'PUBSUB')
      await mine.deleteMany([`a${round}`, `b${round}`])
      await until(() => keysIn(heard).includes(`b${round}`), 2_000)
      expect(keysIn(heard)).toContain(`a${round}`)
    }
    expect(heard).not.toContain('gap')
  })

  it('two who follow the same store are told of what each of them does', async () => {
    const prefix = newPrefix()
    const store = open({ ...place(), prefix })
    const heard = await follow(store, open({ ...place(), prefix }))
    const other: News[] = []
    store.feed((news) => other.push(news))
    await store.delete('k')
    await until(() => keysIn(heard).includes('k') && keysIn(other).includes('k'))
  })

  it('P2: what one process invalidated is not served by another from its memory (and is, without the feed)', async () => {
    const prefix = newPrefix()
    const cacheOf = (withFeed: boolean) => {
      const { feed, ...store } = open({ ...place(), prefix })
      const cache = createCache({ layers: [mapStore(), withFeed ? { ...store, feed } : store], ttl: '1h' })
      onTestFinished(() => cache.close())
      return cache
    }
    const [ours, theirs, control] = [cacheOf(true), cacheOf(true), cacheOf(false)]
    for (let round = 0; round < 30; round++) {
      const key = `k${round}`
      await ours.set(key, 1, { tags: ['t'] })
      for (const cache of [theirs, control]) expect(await cache.get(key)).toBe(1)
      if (round % 2 === 0) await ours.delete(key)
      else await ours.invalidateTags(['t'])
      await until(async () => (await theirs.get(key)) === undefined, 250)
      expect(await control.get(key)).toBe(1)
    }
  })
})

describe.skipIf(!hasRedisServer)('the feed of a Cluster', () => {
  let cluster: RunningCluster
  beforeAll(async () => {
    cluster = await startCluster(0)
  }, 60_000)
  afterAll(() => cluster.stop())
  const place = () => ({ cluster: cluster.nodes })

  tells(place)

  it('fault 15: what was invalidated while subscribers reconnected is told of when they are back', async () => {
    const { mine, heard } = await pair(place())
    const keys = Array.from({ length: 100 }, (_, i) => `k${i}`)
    await Promise.all(cluster.servers.map((server) => server.admin().client('KILL', 'TYPE', 'PUBSUB')))
    await mine.deleteMany(keys)
    await until(() => new Set(keysIn(heard)).size === keys.length)
  })
})
