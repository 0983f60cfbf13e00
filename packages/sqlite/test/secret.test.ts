import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { sqlite } from '../src/index.js'
import { secretBeside } from '../src/secret.js'

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'granary-secret-'))
})

afterEach(() => {
  chmodSync(folder, 0o700)
  rmSync(folder, { recursive: true, force: true })
})

it('is made when it is first asked for, and is the same for all who ask later', () => {
  const path = join(folder, 'cache.db')
  const secret = secretBeside(path)
  expect(existsSync(`${path}-secret`)).toBe(false)
  expect(secret()).toMatch(/^[0-9a-f]{64}$/)
  expect(secretBeside(path)()).toBe(secret())
})

it('lasts as long as the process where it cannot be kept, and where there is no file', () => {
  for (const path of ['', join(folder, 'no', 'such', 'folder', 'cache.db')]) {
    const secret = secretBeside(path)
    expect(secret()).toMatch(/^[0-9a-f]{64}$/)
    expect(secret()).toBe(secret())
    expect(secretBeside(path)()).not.toBe(secret())
  }
  expect(existsSync('-secret')).toBe(false)
})

it('is not taken from a file that is empty', () => {
  const path = join(folder, 'cache.db')
  writeFileSync(`${path}-secret`, '')
  expect(secretBeside(path)()).toMatch(/^[0-9a-f]{64}$/)
})

it('a database that is given may be used again by the next store', async () => {
  const database = new Database(':memory:')
  for (const key of ['first', 'second']) {
    const store = sqlite({ database })
    expect(await store.journal?.fate(key)).toMatchObject({ cause: 'never-stored' })
    await store.close?.()
  }
  database.close()
})
