import { encoded, standardCodec } from '@granary/codec'
import { type Clock, type CodecStage, GranaryError, parseSize, type Size, type Store } from '@granary/core'
import { byteStore } from './byte-store.js'
import { givenDatabase, ownFile } from './database.js'
import { withFiles } from './large-values.js'
import type { Durability, OpenDatabase } from './open-database.js'
import { checkNode } from './runtime.js'
import { createValueFiles } from './value-files.js'

const DEFAULT_BYTES = '1gb'

/** Options of {@link sqlite}. */
export interface SqliteOptions {
  /**
   * The file; required unless a `database` is given. For example `'./cache/granary.db'`. Created with mode 0600, and missing directories above it with 0700,
   * by the first call that needs it. SQLite keeps a `-wal` and a `-shm` file beside it. Not on a network file system.
   */
  readonly path?: string
  /**
   * An open better-sqlite3 database to be used instead of a file of the store's own: empty, or with the tables of an earlier
   * store. It is put into WAL mode, and not closed by the store; call nothing of the cache inside a transaction of yours.
   */
  readonly database?: OpenDatabase
  /**
   * What an acknowledged write survives. `'process'`: a crash or `kill -9` of the process. `'power'`: a power failure
   * or crash of the machine too, for a sync of the disk in each commit. The file stays intact with both. `'process'` by default.
   */
  readonly durability?: Durability
  /** Entries kept at most; no limit by default. */
  readonly maxEntries?: number
  /** Bytes kept at most, keys and metadata included: a number, or such as `'64mb'`. `'1gb'` by default. */
  readonly maxBytes?: Size
  /** What is done to the bytes of a value after it was serialized, in this order: compress, seal. Nothing by default. */
  readonly codec?: readonly CodecStage[]
  /** What the store is called in events and statistics; `'sqlite'` by default. */
  readonly name?: string
  /** Where the time comes from that entries are expired by; the system's by default. */
  readonly clock?: Pick<Clock, 'now'>
}

const OPTIONS = ['path', 'database', 'durability', 'maxEntries', 'maxBytes', 'codec', 'name', 'clock']

/**
 * Keeps entries in one SQLite file, which the processes of a machine share.
 *
 * What it acknowledges survives a crash of the process, and an invalidation is seen by every process and after a
 * restart. Nothing is opened or written before the first call; what goes wrong then is an event and a miss. A file that
 * is damaged, or no database, is renamed to `<path>.broken-<time>`, and a new one is begun.
 *
 * @throws GranaryError `INVALID_OPTION`; `UNSUPPORTED_RUNTIME` for a Node without Node-API 10
 */
export function sqlite(options: SqliteOptions): Store<unknown> {
  checkOptions(options)
  const { path = '', database, durability = 'process', codec = [], name = 'sqlite', clock } = options
  const { maxEntries = Infinity, maxBytes = DEFAULT_BYTES } = options
  const limits = { maxEntries, maxBytes: parseSize(maxBytes, 'maxBytes') }
  checkNode()
  const now = clock === undefined ? Date.now : () => clock.now()
  const source = database === undefined ? ownFile(path, durability) : givenDatabase(database, durability)
  const files = source.path === '' ? undefined : createValueFiles(`${source.path}-values`, durability === 'power')
  const own = standardCodec(codec)
  return encoded(
    byteStore({ source, name, files, limits, clock: now }),
    files === undefined ? own : withFiles(own, files, limits.maxBytes),
  )
}

function checkOptions(options: SqliteOptions): void {
  if (typeof options !== 'object' || options === null) fail(`takes an object: sqlite({ path: './cache/granary.db' })`)
  const unknown = Object.keys(options).filter((name) => !OPTIONS.includes(name))
  if (unknown.length > 0) fail(`has no option ${unknown.join(', ')}; it has ${OPTIONS.join(', ')}`)
  const { path, database, durability, maxEntries, name, clock } = options
  if ((path === undefined) === (database === undefined)) {
    fail(`path or database: give the file, for example './cache/granary.db', or an open database, and not both`)
  }
  if (path !== undefined && (typeof path !== 'string' || path === '' || path.includes('\0'))) {
    fail(`path: give the file, for example './cache/granary.db'`)
  }
  if (database !== undefined && typeof database?.prepare !== 'function') {
    fail('database: give an open database of better-sqlite3')
  }
  if (durability !== undefined && durability !== 'process' && durability !== 'power') {
    fail("durability: it is 'process' or 'power'")
  }
  if (path === ':memory:') fail(`path: ${path} is no file: for a cache in memory use memory() of @granary/memory`)
  if (maxEntries !== undefined && !(Number.isSafeInteger(maxEntries) && maxEntries >= 1)) {
    fail(`maxEntries: ${String(maxEntries)} is not a whole number above 0: leave it out for no limit`)
  }
  if (clock !== undefined && typeof clock?.now !== 'function') fail('clock: give an object with a function now()')
  if (name !== undefined && (typeof name !== 'string' || name === '')) fail('name: give a string that is not empty')
}

function fail(message: string): never {
  throw new GranaryError('INVALID_OPTION', `sqlite: ${message}`)
}
