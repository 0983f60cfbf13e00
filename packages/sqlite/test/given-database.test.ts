import { existsSync, mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { createCache } from '@granary/core'
import { storeSuite } from '@granary/testkit'
import Database from 'better-sqlite3'
import { describe, expect, it, onTestFinished } from 'vitest'
import { sqlite } from '../src/index.js'
import { tempFile } from './support/files.js'

function opened(path = ':memory:'): Database.Database {
  if (path !== ':memory:') mkdirSync(dirname(path), { recursive: true })
  const database = new Database(path)
  onTestFinished(() => void database.close())
  return database
}

storeSuite({ describe, it }, 'sqlite({ database })', { create: () => sqlite({ database: new Database(':memory:') }) })

describe('sqlite({ database })', () => {
  it('uses a handle that is open, and leaves it open', async () => {
    const path = tempFile()
    const database = opened(path)
    const cache = createCache({ layers: [sqlite({ database })] })
    expect(await cache.set('k', 'value')).toBe(true)
    await cache.close()
    expect(database.open).toBe(true)
    expect(database.pragma('journal_mode', { simple: true })).toBe('wal')
    const another = createCache({ layers: [sqlite({ path })] })
    expect(await another.get('k')).toBe('value')
    await another.close()
  })

  it('keeps a cache in a database without a file, and writes none beside it', async () => {
    const cache = createCache({ layers: [sqlite({ database: opened() })] })
    await cache.set('k', 1)
    expect(await cache.explain('k')).toMatchObject({ outcome: 'hit' })
    expect(existsSync('-secret') || existsSync(':memory:-secret')).toBe(false)
    await cache.close()
  })

  it('P7: one with tables of its own is left as it is, and is an event and a miss', async () => {
    const database = opened()
    database.exec('CREATE TABLE mine(x)')
    const cache = createCache({ layers: [sqlite({ database })] })
    const failures: unknown[] = []
    cache.on((event) => event.type === 'failure' && failures.push(event.error))
    expect(await cache.getOrCompute('k', () => 1)).toBe(1)
    expect(failures[0]).toMatchObject({ code: 'INVALID_OPTION' })
    expect(database.prepare('SELECT count(*) FROM sqlite_schema').pluck().get()).toBe(1)
    await cache.close()
  })

  it('P7: one that was closed is an event and a miss', async () => {
    const database = new Database(':memory:')
    const cache = createCache({ layers: [sqlite({ database })] })
    await cache.set('k', 1)
    database.close()
    expect(await cache.getOrCompute('k', () => 2)).toBe(2)
    expect(await cache.set('k', 3)).toBe(false)
    await cache.close()
  })
})

it.each([
  ['process', 1],
  ['power', 2],
] as const)('P4: durability %s sets how often the disk is synced', async (durability, synchronous) => {
  const database = opened(tempFile())
  const store = sqlite({ database, durability })
  await store.get('k')
  expect(database.pragma('synchronous', { simple: true })).toBe(synchronous)
  await store.close?.()
})
