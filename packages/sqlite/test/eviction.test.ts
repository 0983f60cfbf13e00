import Database from 'better-sqlite3'
import { describe, expect, it } from 'vitest'
import { bytesOf, lookAt, openBytes, SOAK, tempFile, textOf } from './support/files.js'

/** What is really in the file. */
function counted(path: string): { entries: number; bytes: number } {
  const db = new Database(path, { readonly: true })
  const found = db.prepare('SELECT count(*) AS entries, ifnull(sum(size), 0) AS bytes FROM entry').get()
  db.close()
  return found as { entries: number; bytes: number }
}

describe('the limits (fault 40)', () => {
  it.each([
    ['entries', { maxEntries: 1_000 }, 'one by one'],
    ['entries', { maxEntries: 1_000 }, 'at once'],
    ['bytes', { maxBytes: 500_000 }, 'one by one'],
    ['bytes', { maxBytes: 500_000 }, 'at once'],
  ])(
    'of %s (%j) are kept after every commit of 10,000 sets, %s, and the totals are exact',
    async (_, limits, how) => {
      const path = tempFile()
      const store = openBytes({ path, ...limits })
      const { maxEntries = Infinity, maxBytes = Infinity } = limits as { maxEntries?: number; maxBytes?: number }
      const sets = 10_000 * SOAK
      let writes: unknown[] = []
      for (let i = 0; i < sets; i++) {
        const key = `key ${i % 3 === 0 ? i % 700 : i}`
        writes.push(store.set(key, bytesOf('x'.repeat((i * 37) % 1_500))))
        if (i % 11 === 0) writes.push(store.delete(`key ${i - 5}`))
        if (how === 'at once' && i % 1_000 < 999) continue
        await Promise.all(writes)
        writes = []
        if (i % 1_000 !== 999) continue
        const stats = await store.stats()
        expect(stats).toEqual(counted(path))
        expect(stats.entries).toBeLessThanOrEqual(maxEntries)
        expect(stats.bytes).toBeLessThanOrEqual(maxBytes)
      }
      const { entries, bytes } = await store.stats()
      expect(Math.max(entries / maxEntries, bytes / maxBytes)).toBeGreaterThan(0.9)
    },
    60_000,
  )

  it('are kept by several handles together', async () => {
    const path = tempFile()
    const stores = [1, 2, 3].map(() => openBytes({ path, maxEntries: 500 }))
    for (let i = 0; i < 3_000; i++) await stores[i % 3]?.set(`key ${i}`, bytesOf('v'))
    expect(await stores[0]?.stats()).toEqual(counted(path))
    expect(counted(path).entries).toBeLessThanOrEqual(500)
  })

  it('are applied to a file that was written with larger ones', async () => {
    const path = tempFile()
    const large = openBytes({ path })
    await Promise.all(Array.from({ length: 5_000 }, (_, i) => large.set(`key ${i}`, bytesOf('v'))))
    await large.close()
    const small = openBytes({ path, maxEntries: 100 })
    expect(await small.evict()).toBeGreaterThanOrEqual(4_900)
    expect((await small.stats()).entries).toBeLessThanOrEqual(100)
  })

  it('of one entry keep the newest, however lately the one before was read', async () => {
    let now = 1_000_000
    // The time goes on between the write and the look at what must go.
    const store = openBytes({ maxEntries: 1, clock: () => now++ })
    for (const key of ['a', 'b', 'c']) {
      await store.set(key, bytesOf(key))
      expect(await textOf(store, key)).toBe(key)
    }
    expect((await store.stats()).entries).toBe(1)
  })
})

describe('what is evicted', () => {
  it('is what was used longest ago', async () => {
    let now = 1e12
    const store = openBytes({ maxEntries: 50, clock: () => now })
    for (let i = 0; i < 50; i++) {
      now += 1_000
      await store.set(`key ${i}`, bytesOf('v'))
    }
    now += 1_000
    for (let i = 0; i < 10; i++) await store.get(`key ${i}`)
    for (let i = 50; i < 80; i++) {
      now += 1_000
      await store.set(`key ${i}`, bytesOf('v'))
    }
    for (let i = 0; i < 10; i++) expect(await textOf(store, `key ${i}`)).toBe('v')
    for (let i = 10; i < 40; i++) expect(await textOf(store, `key ${i}`)).toBeUndefined()
  })

  it('is what has expired before anything else', async () => {
    const store = openBytes({ maxEntries: 20, clock: () => 1_000 })
    for (let i = 0; i < 20; i++)
      await store.set(`key ${i}`, bytesOf('v', i === 13 ? { freshUntil: 1, staleUntil: 1 } : {}))
    await store.set('new', bytesOf('v'))
    expect(await store.get('key 13')).toBeUndefined()
    expect((await store.stats()).entries).toBe(20)
  })

  it('if it was set, still fences what was computed before it (P3)', async () => {
    const store = openBytes({ maxEntries: 1 })
    const since = await lookAt(store, 'k')
    await store.set('k', bytesOf('set'))
    await store.set('other', bytesOf('v'))
    expect(await store.get('k')).toBeUndefined()
    expect(await store.set('k', bytesOf('older'), since)).toEqual({ stored: false, reason: 'overtaken' })
  })

  it('is remembered across a restart', async () => {
    const path = tempFile()
    let now = 1e12
    const open = () => openBytes({ path, maxEntries: 30, clock: () => now })
    const first = open()
    for (let i = 0; i < 30; i++) await first.set(`key ${i}`, bytesOf('v'))
    now += 1_000
    await first.get('key 0')
    await first.close()
    const second = open()
    for (let i = 30; i < 50; i++) await second.set(`key ${i}`, bytesOf('v'))
    expect(await textOf(second, 'key 0')).toBe('v')
  })
})
