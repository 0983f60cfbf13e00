import Database from 'better-sqlite3'
import { expect, it } from 'vitest'
import { bytesOf, lookAt, openBytes, tempFile, textOf } from './support/files.js'

it('expired entries go along with writes, a few at a time', async () => {
  let now = 1_000
  const store = openBytes({ clock: () => now })
  const expiring = { freshUntil: 2_000, staleUntil: 2_000 }
  await Promise.all(Array.from({ length: 2_000 }, (_, i) => store.set(`old ${i}`, bytesOf('v', expiring))))
  now = 3_000
  let held = 2_000
  for (let i = 0; i < 2_500; i++) {
    await store.set('new', bytesOf('v'))
    const { entries } = await store.stats()
    expect(held - entries).toBeLessThanOrEqual(128)
    held = entries
  }
  expect(held).toBe(1)
})

it('prune removes what has expired or was invalidated, and lets the event loop go on', async () => {
  const store = openBytes({ clock: () => 3_000 })
  const infos = [{ staleUntil: 2_000 }, { tags: ['t'] }, {}]
  await Promise.all(Array.from({ length: 3_000 }, (_, i) => store.set(`key ${i}`, bytesOf('v', infos[i % 3]))))
  await store.invalidate([{ tag: 't' }])
  let turns = 0
  const count = () => {
    turns++
    timer = setImmediate(count)
  }
  let timer = setImmediate(count)
  const left = (await store.stats()).entries - 1_000
  expect(await store.prune()).toBe(left)
  clearImmediate(timer)
  expect(turns).toBeGreaterThan(3)
  expect(await store.prune()).toBe(0)
  expect((await store.stats()).entries).toBe(1_000)
})

it('marks are pruned: those of keys by number, those of scopes after a sweep, and the floor rises', async () => {
  const path = tempFile()
  const store = openBytes({ path })
  await store.set('tagged', bytesOf('v', { tags: ['tag 0'] }))
  const since = await lookAt(store, 'late')
  for (let i = 0; i < 30; i++) {
    await store.invalidate(Array.from({ length: 1_000 }, (_, j) => ({ tag: `tag ${i * 1_000 + j}` })))
    await store.invalidate(Array.from({ length: 1_000 }, (_, j) => ({ key: `key ${i * 1_000 + j}` })))
  }
  expect(await textOf(store, 'tagged')).toBeUndefined()
  await store.prune()
  await store.invalidate([{ tag: 'one more' }])
  await store.prune()
  const db = new Database(path, { readonly: true })
  const count = (table: string) => db.prepare(`SELECT count(*) FROM ${table}`).pluck().get()
  expect(count('key_mark')).toBeLessThanOrEqual(21_000)
  expect(count('scope_mark')).toBeLessThanOrEqual(21_000)
  expect(count('entry')).toBe(0)
  db.close()
  expect(await store.set('late', bytesOf('late', { tags: ['tag 0'] }), since)).toEqual({
    stored: false,
    reason: 'forgotten',
  })
  expect(await store.set('now', bytesOf('v'), await lookAt(store, 'now'))).toEqual({ stored: true })
}, 60_000)
