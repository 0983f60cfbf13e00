import { existsSync, mkdirSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import Database from 'better-sqlite3'
import { expect, it, onTestFinished, vi } from 'vitest'
import { type Checkpoints, createCheckpoints } from '../src/checkpoints.js'
import { isBusy } from '../src/database.js'
import { tempFile } from './support/files.js'
import { startScript } from './support/processes.js'

const WORKER = new URL('../dist/checkpoint-worker.js', import.meta.url)
const CHILD = new URL('./support/child.mjs', import.meta.url)
const PAGE = 4_096

/** A file of one table in WAL mode, and what fills its WAL. */
function opened() {
  const path = tempFile()
  mkdirSync(dirname(path), { recursive: true })
  const db = new Database(path)
  db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; CREATE TABLE t(x)')
  onTestFinished(() => void db.close())
  const insert = db.prepare('INSERT INTO t VALUES (randomblob(?))')
  const state = db.prepare('PRAGMA wal_checkpoint(NOOP)').raw()
  return {
    path,
    db,
    write: (pages: number) => insert.run(pages * PAGE),
    /** Pages in the WAL that were not moved. */
    left: () => {
      const [, pages, moved] = state.get() as [number, number, number]
      return pages - moved
    },
    walBytes: () => statSync(`${path}-wal`).size,
  }
}

function hasRoom(checkpoints: Checkpoints): boolean {
  try {
    checkpoints.checkRoom()
    return true
  } catch (error) {
    if (!isBusy(error)) throw error
    return false
  }
}

it('a worker moves what was committed, once there is enough', async () => {
  const { path, db, write, left } = opened()
  const checkpoints = createCheckpoints(db, path, WORKER)
  write(500)
  checkpoints.wrote(100)
  write(1_000)
  expect(left()).toBeGreaterThan(1_000)
  checkpoints.wrote(100)
  await vi.waitFor(() => expect(left()).toBe(0), 10_000)
  write(1_500)
  checkpoints.wrote(100)
  await vi.waitFor(() => expect(left()).toBe(0), 10_000)
  await checkpoints.close()
})

it('writes wait while a long WAL is moved, and it begins anew (fault 31)', async () => {
  const { path, db, write, left, walBytes } = opened()
  const checkpoints = createCheckpoints(db, path, WORKER)
  for (let round = 0; round < 40; round++) {
    write(1_000)
    checkpoints.wrote(100)
    await vi.waitFor(() => expect(hasRoom(checkpoints)).toBe(true), { timeout: 10_000, interval: 1 })
  }
  expect(walBytes()).toBeLessThan(64e6)
  await vi.waitFor(() => expect(left()).toBeLessThan(1_000 + 10), 10_000)
  await checkpoints.close()
})

it('nothing is written while somebody reads for so long that the WAL cannot begin anew (fault 31)', async () => {
  const { path, db, write, walBytes } = opened()
  const checkpoints = createCheckpoints(db, path, WORKER)
  const reader = new Database(path)
  reader.exec('BEGIN; SELECT * FROM t')
  let refused = 0
  for (let round = 0; round < 60; round++) {
    if (hasRoom(checkpoints)) {
      write(500)
      checkpoints.wrote(100)
    } else refused++
    await new Promise((resolve) => setTimeout(resolve, round < 20 ? 50 : 5))
  }
  expect(refused).toBeGreaterThan(10)
  expect(walBytes()).toBeLessThan(64e6)
  expect(walBytes()).toBeGreaterThan(40e6)
  reader.exec('COMMIT')
  reader.close()
  await vi.waitFor(() => expect(hasRoom(checkpoints)).toBe(true), 10_000)
  await checkpoints.close()
})

it('where no worker can run, SQLite moves the pages at the end of a commit', async () => {
  const { path, db, write, left } = opened()
  const checkpoints = createCheckpoints(db, path, new URL('./none.js', import.meta.url))
  write(1_500)
  checkpoints.wrote(100)
  await vi.waitFor(() => expect(db.pragma('wal_autocheckpoint', { simple: true })).toBe(1_000), 10_000)
  write(100)
  expect(left()).toBe(0)
  expect(hasRoom(checkpoints)).toBe(true)
  await checkpoints.close()
})

it('the worker closes the file, and takes the WAL with it', async () => {
  const { path, db, write } = opened()
  const checkpoints = createCheckpoints(db, path, WORKER)
  write(2_000)
  checkpoints.wrote(100)
  const closed = checkpoints.close()
  db.close()
  await closed
  expect(existsSync(`${path}-wal`)).toBe(false)
  const again = new Database(path)
  expect(again.prepare('SELECT sum(length(x)) FROM t').pluck().get()).toBe(2_000 * PAGE)
  again.close()
})

it('a worker keeps no process alive, and what the process acknowledged is kept', async () => {
  const path = tempFile()
  expect(await startScript(CHILD, ['fill', path]).ended).toBe(0)
  const db = new Database(path)
  expect(db.prepare('SELECT count(*) FROM entry').pluck().get()).toBe(10_000)
  expect(db.pragma('integrity_check', { simple: true })).toBe('ok')
  db.close()
})
