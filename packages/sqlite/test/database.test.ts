import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import Database from 'better-sqlite3'
import { expect, it } from 'vitest'
import { openDatabase } from '../src/database.js'
import { SCHEMA_VERSION } from '../src/schema.js'
import { bytesOf, openBytes, tempFile } from './support/files.js'

const refusal = expect.objectContaining({ code: 'INVALID_OPTION' })

it('a file of another version of the tables is left as it is, with a clear error (fault 41)', async () => {
  const path = tempFile()
  const store = openBytes({ path })
  await store.set('k', bytesOf('v'))
  await store.close()
  const db = new Database(path)
  db.pragma(`user_version = ${SCHEMA_VERSION + 1}`)
  expect(() => openDatabase(path)).toThrow(refusal)
  expect(db.prepare('SELECT count(*) FROM entry').pluck().get()).toBe(1)
  db.close()
})

it('a database of another program is left as it is, with a clear error', () => {
  const path = tempFile()
  mkdirSync(dirname(path), { recursive: true })
  const db = new Database(path)
  db.exec('CREATE TABLE theirs(x)')
  expect(() => openDatabase(path)).toThrow(refusal)
  expect(db.prepare('SELECT name FROM sqlite_schema').pluck().all()).toEqual(['theirs'])
  expect(db.pragma('journal_mode', { simple: true })).toBe('delete')
  db.close()
})

it('the WAL stays small under many writes (fault 31)', async () => {
  const path = tempFile()
  const store = openBytes({ path })
  for (let i = 0; i < 20; i++) {
    await Promise.all(Array.from({ length: 1_000 }, (_, j) => store.set(`key ${j}`, bytesOf('x'.repeat(1_000 + i)))))
    for await (const _ of store.entries()) break
  }
  const { statSync } = await import('node:fs')
  expect(statSync(`${path}-wal`).size).toBeLessThan(64 * 1024 ** 2)
})
