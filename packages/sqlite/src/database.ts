import { closeSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import { GranaryError } from '@granary/core'
import type { Database } from 'better-sqlite3'
import { isDamage } from './damage.js'
import { createDirectories } from './directories.js'
import { checkFileSystem } from './file-system.js'
import type { Durability, OpenDatabase } from './open-database.js'
import { checkSqlite, loadDriver } from './runtime.js'
import { APPLICATION, SCHEMA, SCHEMA_VERSION } from './schema.js'

/** How long one attempt to get SQLite's lock may block the event loop, in milliseconds. */
const BUSY_TIMEOUT = 10
/** How long opening goes on trying while others hold it, in milliseconds: one attempt more may begin before that. */
const OPENING_PATIENCE = 10

/** The database of a store, and whether the store closes it, and may set its file aside when it is damaged. */
export interface Source {
  /** Of the file; `''` for a database that has none. */
  readonly path: string
  readonly isOwn: boolean
  /** @throws what {@link openDatabase} and {@link adoptDatabase} throw */
  open(): Database
}

/** A file that the store opens for itself. */
export function ownFile(path: string, durability: Durability): Source {
  return { path, isOwn: true, open: () => openDatabase(path, durability) }
}

/** A handle that somebody else has opened, and closes. */
export function givenDatabase(database: OpenDatabase, durability: Durability): Source {
  const path = database.memory ? '' : database.name
  return { path, isOwn: false, open: () => adoptDatabase(database as Database, durability) }
}

/**
 * Makes an open database one of ours: its tables where it is empty, its settings.
 *
 * @throws GranaryError `UNSUPPORTED_RUNTIME`; `INVALID_OPTION` for one that was closed, or has other tables
 */
function adoptDatabase(database: Database, durability: Durability): Database {
  if (!database.open) throw new GranaryError('INVALID_OPTION', 'database: it was closed; give an open one')
  prepare(database, database.name, durability)
  return database
}

/**
 * Opens the file at `path`, and creates it with its directory (mode 0700) and tables where they are missing.
 *
 * @throws GranaryError `UNSUPPORTED_RUNTIME`; `INVALID_OPTION` for a database that is not ours or of another version,
 *   and for a network file system; what {@link isDamage} knows for a file that is damaged, or no database
 */
export function openDatabase(path: string, durability: Durability = 'process'): Database {
  const Driver = loadDriver()
  createPrivately(path)
  const db = new Driver(path, { timeout: BUSY_TIMEOUT })
  try {
    patiently(() => prepare(db, path, durability))
    return db
  } catch (error) {
    try {
      if (isDamage(error)) refuseForeign(db, path)
    } finally {
      db.close()
    }
    throw error
  }
}

/** Is this the error of a lock that another connection holds? */
export function isBusy(error: unknown): boolean {
  const code = (error as { code?: unknown } | null)?.code
  return typeof code === 'string' && (code.startsWith('SQLITE_BUSY') || code === 'SQLITE_LOCKED')
}

export type Transaction = <T>(work: () => T) => T

/** What runs work in a write transaction, or inside the one that is open. */
export function createTransaction(db: Database): Transaction {
  // Takes the write lock at once: a transaction that begins by reading fails when it has to wait for it later.
  const begin = db.prepare('BEGIN IMMEDIATE')
  const commit = db.prepare('COMMIT')
  const rollback = db.prepare('ROLLBACK')

  return (work) => {
    if (db.inTransaction) return work()
    begin.run()
    try {
      const result = work()
      commit.run()
      return result
    } catch (error) {
      // A full disk has rolled it back already.
      if (db.inTransaction) rollback.run()
      throw error
    }
  }
}

// The -wal and -shm files take over the mode of the database. Only ever a new file is opened here: closing a file that
// SQLite has open would drop its locks.
function createPrivately(path: string): void {
  createDirectories(dirname(path))
  checkFileSystem(dirname(path), path)
  try {
    closeSync(openSync(path, 'wx', 0o600))
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'EEXIST') throw error
  }
}

function prepare(db: Database, path: string, durability: Durability): void {
  checkSqlite(db.prepare<[], string>('SELECT sqlite_version()').pluck().get() ?? '')
  const known = isOurs(db, path)
  if (known) checkTables(db)
  // Before the first table is made: later it would take a rewrite of the file.
  if (!known) db.pragma('auto_vacuum = INCREMENTAL')
  db.pragma('journal_mode = WAL')
  // NORMAL: the WAL is given to the operating system with each commit, and to the disk before it is moved. FULL: with each.
  db.pragma(`synchronous = ${durability === 'power' ? 'FULL' : 'NORMAL'}`)
  db.pragma('cache_size = -16000')
  db.pragma('journal_size_limit = 16777216')
  if (!known) createTransaction(db)(() => isOurs(db, path) || db.exec(SCHEMA))
}

/** Whether it has our tables; `false` for an empty file. */
function isOurs(db: Database, path: string): boolean {
  const application = db.pragma('application_id', { simple: true })
  const version = db.pragma('user_version', { simple: true })
  if (application === APPLICATION && version === SCHEMA_VERSION) return true
  if (application === APPLICATION) {
    throw new GranaryError(
      'INVALID_OPTION',
      `path: ${path} was written by another version of @granary/sqlite (tables ${version}, not ${SCHEMA_VERSION}): give another path`,
    )
  }
  if (db.prepare('SELECT count(*) FROM sqlite_schema').pluck().get() === 0) return false
  throw new GranaryError('INVALID_OPTION', `path: ${path} is a database of another program: give another path`)
}

const MARK_BEYOND_CLOCK = `SELECT EXISTS (SELECT 1 FROM scope_mark WHERE seq > (SELECT seq FROM clock))
  OR EXISTS (SELECT 1 FROM key_mark WHERE seq > (SELECT seq FROM clock))`
const TABLES_AND_TRIGGERS = SCHEMA.match(/^CREATE /gm)?.length

/**
 * A file of ours that lacks some of our tables is damaged, although SQLite can read it.
 *
 * @throws as SQLite does of a damaged file
 */
function checkTables(db: Database): void {
  const found = db.prepare<[], string>('SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL').pluck().all()
  const isWhole = found.filter((sql) => SCHEMA.includes(sql)).length === TABLES_AND_TRIGGERS
  // A mark from beyond the clock would make misses of all that is stored until the clock comes there.
  if (isWhole && !db.prepare(MARK_BEYOND_CLOCK).pluck().get()) return
  throw new (loadDriver().SqliteError)('the tables are not as they were made', 'SQLITE_CORRUPT')
}

/** Throws if the header of a damaged database says that it is not ours. */
function refuseForeign(db: Database, path: string): void {
  let isForeign: boolean
  try {
    // Lets SQLite read the header of a file that is shorter than it should be.
    db.unsafeMode(true)
    db.pragma('writable_schema = ON')
    const application = db.pragma('application_id', { simple: true })
    const version = db.pragma('user_version', { simple: true })
    isForeign = application !== APPLICATION || version !== SCHEMA_VERSION
  } catch {
    // Not even a header: nobody's database.
    return
  }
  if (!isForeign) return
  throw new GranaryError('INVALID_OPTION', `path: ${path} is a damaged database, and not ours: give another path`)
}

/** Tries again, for a moment, while other processes create the same file. */
function patiently(work: () => void): void {
  const end = performance.now() + OPENING_PATIENCE
  for (;;) {
    try {
      work()
      return
    } catch (error) {
      if (!isBusy(error) || performance.now() > end) throw error
    }
  }
}
