import { existsSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { type News, namespacePath, type Store } from '@granary/core'
import Database from 'better-sqlite3'
import { describe, expect, it } from 'vitest'
import { createFeeds } from '../src/feeds.js'
import type { Sessions } from '../src/sessions.js'
import { bytesOf, lookAt, openBytes, tempFile } from './support/files.js'

/** What a store's feed tells, in order of the marks' names; each call polls once. */
function follow(store: Required<Store<Uint8Array>>): () => News {
  let told: News = []
  const { poll } = store.feed((news) => {
    told = news
  })
  return () => {
    told = []
    poll?.()
    const news = told as News
    return news === 'gap' ? news : [...news].sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
  }
}

/** Two handles of one file: one that has a follower, and others. */
async function pair(options: Parameters<typeof openBytes>[0] = {}) {
  const path = tempFile()
  const open = () => openBytes({ path, ...options })
  const mine = open()
  const other = open()
  await mine.set('k', bytesOf('first'))
  return { path, mine, other, open, news: follow(mine) }
}

describe('the feed tells what others did (P5, N2)', () => {
  it('to keys, tags and namespaces, once', async () => {
    const { other, news } = await pair()
    expect(news()).toEqual([])
    await other.delete('k')
    await other.invalidate([{ tag: 't' }, { namespace: namespacePath('', 'n') }, { key: 'l' }, { tag: '' }])
    await other.clear()
    expect(news()).toEqual([
      ...[{ key: 'k' }, { key: 'l' }, { namespace: '' }, { namespace: namespacePath('', 'n') }],
      ...[{ tag: '' }, { tag: 't' }],
    ])
    expect(news()).toEqual([])
  })

  it('to a key that was there and was set, but not to a new one, nor what was computed', async () => {
    const { mine, other, news } = await pair()
    await other.set('new', bytesOf('v'))
    await other.set('l', bytesOf('v'), await lookAt(other, 'l'))
    await other.set('l', bytesOf('refreshed'), await lookAt(other, 'l'))
    expect(news()).toEqual([])
    await other.set('k', bytesOf('v'))
    await other.set('k', bytesOf('of another size'.repeat(100)))
    expect(news()).toEqual([{ key: 'k' }])
    await mine.set('k', bytesOf('mine'))
    expect(news()).toEqual([])
  })

  it('and nothing of what is evicted or has expired', async () => {
    const { other, news } = await pair({ maxEntries: 10 })
    for (let i = 0; i < 100; i++) await other.set(`key ${i}`, bytesOf('v'))
    await other.set('gone', bytesOf('v', { freshUntil: 1, staleUntil: 1 }))
    await other.prune()
    expect(news()).toEqual([])
  })

  it('even if what was deleted was set and evicted since', async () => {
    const { other, news } = await pair({ maxEntries: 1 })
    await other.delete('k')
    await other.set('k', bytesOf('v'))
    await other.set('l', bytesOf('v'))
    expect(news()).toEqual([{ key: 'k' }])
  })

  it('from the first read or write on, however late the first poll', async () => {
    const path = tempFile()
    const mine = openBytes({ path })
    const other = openBytes({ path })
    await other.delete('before')
    const news = follow(mine)
    expect(news()).toEqual([])
    await mine.get('k')
    await other.delete('after')
    expect(news()).toEqual([{ key: 'after' }])
    await other.delete('later')
    expect(follow(mine)()).toEqual([])
  })

  it('to each of several followers of one store what the other may have done', async () => {
    const { mine, other, news } = await pair()
    const second = follow(mine)
    news()
    await mine.delete('k')
    expect(news()).toEqual([{ key: 'k' }])
    expect(second()).toEqual([{ key: 'k' }])
    await other.delete('l')
    expect(second()).toEqual([{ key: 'l' }])
  })

  it('and nothing after close', async () => {
    const { mine, other } = await pair()
    const told: News[] = []
    const feed = mine.feed((news) => told.push(news))
    feed.close()
    await other.delete('k')
    feed.poll?.()
    expect(told).toEqual([])
  })
})

describe('a gap', () => {
  it('is what a key is whose name is too long to keep', async () => {
    const { other, news } = await pair()
    const long = 'x'.repeat(2_000)
    await other.delete(long)
    expect(news()).toBe('gap')
    await other.set(long, bytesOf('v'))
    expect(news()).toEqual([])
    await other.set(long, bytesOf('w'))
    expect(news()).toBe('gap')
    expect(news()).toEqual([])
  })

  it('is what more news are than can be read at once', async () => {
    const { other, news } = await pair()
    await other.invalidate(Array.from({ length: 4_001 }, (_, i) => ({ key: `key ${i}` })))
    expect(news()).toBe('gap')
    await other.delete('k')
    expect(news()).toEqual([{ key: 'k' }])
  })

  it.each([
    ['marks', 'UPDATE clock SET floor = seq + 4096, seq = seq + 8192'],
    ['replaced keys', "INSERT INTO replaced VALUES (5, 'kx', 0)"],
  ])('is what follows when %s were forgotten that nobody had read', async (_, sql) => {
    const { path, news } = await pair()
    expect(news()).toEqual([])
    const db = new Database(path)
    db.exec(sql)
    db.close()
    expect(news()).toBe('gap')
    expect(news()).toEqual([])
  })

  it('is what follows when the file was lost, and when it could not be opened', async () => {
    let now = Date.now()
    const { path, mine, open, news } = await pair({ clock: () => now })
    expect(news()).toEqual([])
    rmSync(dirname(path), { recursive: true })
    now += 1_000
    expect(news()).toBe('gap')
    expect(existsSync(path)).toBe(false)
    expect(news()).toEqual([])
    await mine.get('k')
    expect(news()).toEqual([])
    await open().delete('k')
    expect(news()).toEqual([{ key: 'k' }])
  })
})

describe('a poll', () => {
  it('never opens the file', async () => {
    const path = tempFile()
    const news = follow(openBytes({ path }))
    expect(news()).toEqual([])
    expect(existsSync(path)).toBe(false)
  })

  it('does not fail while another handle holds the write lock, and tells when it has committed', async () => {
    const { path, news } = await pair()
    const db = new Database(path)
    db.exec(`BEGIN IMMEDIATE; UPDATE clock SET seq = seq + 4096;
      INSERT INTO key_mark SELECT seq, 7, 'kk', 0 FROM clock`)
    expect(news()).toEqual([])
    db.exec('COMMIT')
    db.close()
    expect(news()).toEqual([{ key: 'k' }])
  })

  it('does not fail while the file cannot be read for a lock, and tells later', () => {
    let busy = true
    const sessions = {
      opened: () => ({}),
      outages: () => 1,
      commits: () => 0,
      use: () => {
        if (busy) throw Object.assign(new Error('database is locked'), { code: 'SQLITE_BUSY_RECOVERY' })
        return [{ key: 'k' }]
      },
    } as unknown as Sessions
    const told: News[] = []
    const { poll } = createFeeds(sessions).open((news) => told.push(news))
    poll?.()
    expect(told).toEqual([])
    busy = false
    poll?.()
    expect(told).toEqual([[{ key: 'k' }]])
  })
})

it('keeps at most 20,000 replaced keys, and a little more until they are trimmed', async () => {
  const { path, other } = await pair()
  for (let round = 0; round < 26; round++) {
    await Promise.all(Array.from({ length: 1_000 }, (_, i) => other.set(`key ${i}`, bytesOf(String(round)))))
  }
  const db = new Database(path)
  expect(db.prepare('SELECT count(*) FROM replaced').pluck().get()).toBeLessThanOrEqual(20_000 + 512)
  db.close()
})
