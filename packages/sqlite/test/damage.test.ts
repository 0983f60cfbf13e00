import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname } from 'node:path'
import type { StoreFailure } from '@granary/core'
import Database from 'better-sqlite3'
import { describe, expect, it } from 'vitest'
import { identityOf, setAside } from '../src/damage.js'
import { bytesOf, lookAt, openBytes, tempFile, textOf } from './support/files.js'

const ENTRIES = 2_000

/** A file with entries, closed. */
async function filled(): Promise<string> {
  const path = tempFile()
  const store = openBytes({ path })
  await Promise.all(Array.from({ length: ENTRIES }, (_, i) => store.set(`key ${i}`, bytesOf('x'.repeat(500)))))
  await store.close()
  return path
}

/** Changes a file that nobody has open. */
function damage(path: string, change: (bytes: Buffer) => Buffer): void {
  writeFileSync(path, change(readFileSync(path)))
}

/** Damages all pages but the first, below stores that have the file open: by a process of its own, since closing the file in this one would drop SQLite's locks. */
function damagePages(path: string): void {
  const script = `
    const fs = require('node:fs')
    const file = fs.openSync(${JSON.stringify(path)}, 'r+')
    const { size } = fs.fstatSync(file)
    fs.writeSync(file, Buffer.alloc(size - 4096, 0xa5), 0, size - 4096, 4096)`
  execFileSync(process.execPath, ['-e', script])
}

/** With the lowest bit of the place changed where a text begins. */
function flipped(bytes: Buffer, text: string): Buffer {
  const at = bytes.indexOf(text)
  bytes[at] = (bytes[at] as number) ^ 1
  return bytes
}

const asides = (path: string) =>
  readdirSync(dirname(path)).filter((name) => name.startsWith(`${basename(path)}.broken-`) && !/-(wal|shm)$/.test(name))

function opened(path: string, clock: () => number = Date.now) {
  const store = openBytes({ path, clock })
  const failures: StoreFailure[] = []
  store.observe((failure) => failures.push(failure))
  return { store, failures }
}

const told = (operation: string) => ({ operation, error: expect.objectContaining({ code: 'CORRUPT' }) })

async function worksAgain(path: string, store = openBytes({ path })): Promise<void> {
  expect(await store.set('again', bytesOf('new'))).toEqual({ stored: true })
  expect(await textOf(store, 'again')).toBe('new')
  await store.close()
  expect(await textOf(openBytes({ path }), 'again')).toBe('new')
}

describe('a file that is damaged when it is opened is set aside (fault 35)', () => {
  it.each<[string, (bytes: Buffer) => Buffer]>([
    ['random bytes', () => randomBytes(100_000)],
    ['a few bytes', () => Buffer.from('no database')],
    ['zeros', () => Buffer.alloc(100_000)],
    ['half a file', (bytes) => bytes.subarray(0, bytes.length / 2)],
    ['a destroyed header', (bytes) => Buffer.concat([randomBytes(100), bytes.subarray(100)])],
    [
      'a destroyed first page',
      (bytes) => Buffer.concat([bytes.subarray(0, 100), randomBytes(3_996), bytes.subarray(4_096)]),
    ],
    ['a definition of a table with a flipped bit', (bytes) => flipped(bytes, 'OLD.key')],
  ])('%s', async (_, change) => {
    const path = await filled()
    damage(path, change)
    const before = readFileSync(path)
    const { store, failures } = opened(path)
    const began = performance.now()
    expect(await store.get('key 1')).toBeUndefined()
    expect(performance.now() - began).toBeLessThan(1_000)
    expect(failures).toEqual([told('get')])
    const [aside] = asides(path)
    expect(readFileSync(`${dirname(path)}/${aside}`).equals(before)).toBe(true)
    await worksAgain(path, store)
    expect(asides(path)).toHaveLength(1)
  })

  it('by a write, which is kept', async () => {
    const path = await filled()
    damage(path, () => randomBytes(10_000))
    const { store, failures } = opened(path)
    expect(await store.set('k', bytesOf('v'))).toEqual({ stored: true })
    expect(failures).toEqual([told('set')])
    expect(await textOf(store, 'k')).toBe('v')
  })
})

it.each([
  ['scope_mark', 'UPDATE scope_mark SET seq = seq + 4503599627370496'],
  ['key_mark', 'UPDATE key_mark SET seq = seq + 4503599627370496'],
  ['clock', 'UPDATE clock SET seq = seq - 4503599627370496'],
])(
  'a mark from beyond the clock is damage: it would make misses of all that is stored (%s, fault 36)',
  async (_, sql) => {
    const path = tempFile()
    const store = openBytes({ path })
    await store.delete('k')
    await store.invalidate([{ namespace: '' }])
    await store.close()
    const db = new Database(path)
    db.exec(sql)
    db.close()
    const again = openBytes({ path })
    const failures: StoreFailure[] = []
    again.observe((failure) => failures.push(failure))
    expect(await again.set('k', bytesOf('value'))).toEqual({ stored: true })
    expect(await textOf(again, 'k')).toBe('value')
    expect(failures[0]?.error).toMatchObject({ code: 'CORRUPT' })
  },
)

describe('a file that turns out to be damaged while it is open is set aside (fault 35)', () => {
  it('by a read, which is a miss', async () => {
    const path = await filled()
    const { store, failures } = opened(path)
    await store.stats()
    const since = await lookAt(store, 'none')
    damagePages(path)
    expect(await store.get('key 1')).toBeUndefined()
    expect(failures).toEqual([told('get')])
    expect(asides(path)).toHaveLength(1)
    expect(await store.set('late', bytesOf('late'), since)).toEqual({ stored: false, reason: 'forgotten' })
    await worksAgain(path, store)
  })

  it('by reads of many keys', async () => {
    const path = await filled()
    const { store, failures } = opened(path)
    await store.stats()
    damagePages(path)
    const keys = Array.from({ length: 200 }, (_, i) => `key ${i}`)
    expect(await store.getMany(keys)).toEqual(keys.map(() => undefined))
    expect(failures).toEqual([told('get')])
    await worksAgain(path, store)
  })

  it('by a write, which is kept', async () => {
    const path = await filled()
    const { store, failures } = opened(path)
    await store.stats()
    damagePages(path)
    const outcomes = await Promise.all(Array.from({ length: 300 }, (_, i) => store.set(`new ${i}`, bytesOf('v'))))
    expect(outcomes.every(({ stored }) => stored)).toBe(true)
    expect(failures).toEqual([told('set')])
    expect(await textOf(store, 'new 299')).toBe('v')
    await worksAgain(path, store)
  })

  it('and other handles of it go over to the new one', async () => {
    const path = await filled()
    let now = Date.now()
    const { store } = opened(path)
    const other = opened(path, () => now).store
    await other.stats()
    await store.stats()
    damagePages(path)
    expect(await store.set('k', bytesOf('v'))).toEqual({ stored: true })
    now += 1_000
    expect(await textOf(other, 'k')).toBe('v')
    await other.delete('k')
    expect(await textOf(store, 'k')).toBeUndefined()
    expect(asides(path)).toHaveLength(1)
  })
})

it('one file a minute is set aside: a disk that fails does not fill up', async () => {
  const path = await filled()
  for (let i = 0; i < 3; i++) {
    damage(path, () => randomBytes(10_000))
    const { store } = opened(path)
    const answer = await Promise.allSettled([(async () => store.get('k'))()])
    expect(answer[0]?.status).toBe(i === 0 ? 'fulfilled' : 'rejected')
    await store.close()
  }
  const [aside] = asides(path)
  expect(asides(path)).toHaveLength(1)
  const longAgo = (aside as string).replace(
    /broken-.*/,
    `broken-${new Date(Date.now() - 61_000).toISOString().replaceAll(':', '.')}`,
  )
  renameSync(`${dirname(path)}/${aside}`, `${dirname(path)}/${longAgo}`)
  await worksAgain(path)
  expect(asides(path)).toHaveLength(2)
})

it.each([
  ['another program', 'CREATE TABLE theirs(x); PRAGMA application_id = 7'],
  ['a newer version', 'CREATE TABLE entry(x); PRAGMA application_id = 0x47726e59; PRAGMA user_version = 99'],
])('a damaged database of %s is left as it is', async (_, sql) => {
  const path = tempFile()
  mkdirSync(dirname(path), { recursive: true })
  const db = new Database(path)
  db.exec(`${sql}; CREATE TABLE large(x); INSERT INTO large VALUES (randomblob(50000))`)
  db.close()
  truncateSync(path, 20_000)
  const before = readFileSync(path)
  const { store } = opened(path)
  await expect((async () => store.get('k'))()).rejects.toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }))
  expect(await store.set('k', bytesOf('v'))).toMatchObject({ stored: false })
  await store.close()
  expect(readFileSync(path).equals(before)).toBe(true)
  expect(asides(path)).toEqual([])
})

it('one process at a time renames, and one that crashed meanwhile is not waited for', async () => {
  const path = await filled()
  const claim = `${path}.setting-aside`
  writeFileSync(claim, '')
  expect(setAside(path, identityOf(path))).toBeUndefined()
  const old = new Date(Date.now() - 11_000)
  utimesSync(claim, old, old)
  expect(setAside(path, 'another file')).toBeUndefined()
  expect(asides(path)).toEqual([])
  expect(setAside(path, identityOf(path))).toMatch(/\.broken-/)
  expect(asides(path)).toHaveLength(1)
  expect(readdirSync(dirname(path))).not.toContain(basename(claim))
})

it('a file whose directory was removed is begun again within a second (fault 37)', async () => {
  const path = tempFile()
  let now = Date.now()
  const { store } = opened(path, () => now)
  await store.set('k', bytesOf('v'))
  rmSync(dirname(path), { recursive: true })
  now += 1_000
  expect(await store.get('k')).toBeUndefined()
  await worksAgain(path, store)
})
