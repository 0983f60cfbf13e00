import { existsSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { entryOf } from '@granary/testkit'
import Database from 'better-sqlite3'
import { describe, expect, it } from 'vitest'
import { type SqliteOptions, sqlite } from '../src/index.js'
import { tempFile } from './support/files.js'

describe('options', () => {
  it.each([
    ['no object', undefined],
    ['no path', {}],
    ['an empty path', { path: '' }],
    ['a path that is no file', { path: ':memory:' }],
    ['a path with a NUL', { path: 'a\0b' }],
    ['an unknown option', { path: 'x', maxItems: 5 }],
    ['maxEntries of 0', { path: 'x', maxEntries: 0 }],
    ['maxEntries of 1.5', { path: 'x', maxEntries: 1.5 }],
    ['maxEntries in words', { path: 'x', maxEntries: 'many' }],
    ['maxBytes of NaN', { path: 'x', maxBytes: Number.NaN }],
    ['maxBytes without a unit', { path: 'x', maxBytes: '64' }],
    ['a path and a database', { path: 'x', database: new Database(':memory:') }],
    ['what is no database', { database: {} }],
    ['another durability', { path: 'x', durability: 'always' }],
    ['an empty name', { path: 'x', name: '' }],
    ['a clock that cannot tell the time', { path: 'x', clock: {} }],
  ])('%s: refused', (_, options) => {
    expect(() => sqlite(options as SqliteOptions)).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }))
  })

  it('say which there are when one is misspelt', () => {
    expect(() => sqlite({ path: 'x', maxItems: 5 } as SqliteOptions)).toThrow(/maxItems.*maxEntries/)
  })
})

it('makes nothing before the first call, then a directory and files that are private', async () => {
  const path = tempFile()
  const store = sqlite({ path })
  expect(existsSync(dirname(path))).toBe(false)
  await store.set('k', entryOf({ a: 1 }))
  expect(statSync(dirname(path)).mode & 0o777).toBe(0o700)
  for (const suffix of ['', '-wal', '-shm']) expect(statSync(path + suffix).mode & 0o777).toBe(0o600)
  await store.close?.()
})

it.each([undefined, null, 0, '', false, Number.NaN])('keeps %s as a value (fault 22)', async (value) => {
  const path = tempFile()
  const store = sqlite({ path })
  await store.set('k', entryOf(value))
  await store.close?.()
  const again = sqlite({ path })
  expect((await again.get('k')) ?? {}).toHaveProperty('value', value)
  await again.close?.()
})
