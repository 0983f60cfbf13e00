import { hash } from 'node:crypto'
import { crc32 } from 'node:zlib'
import Database from 'better-sqlite3'
import { Packr } from 'msgpackr/pack'

/** SQLite as a program would use it by hand: the same key hash, serialization, checksum and settings, and no more. */
export interface RawDisk {
  get(key: string): unknown
  set(key: string, value: unknown): void
  /** Runs many sets as one transaction. */
  together(work: () => void): void
  close(): void
}

const HOUR = 3_600_000
const CHECKSUM = 4

export function openRawDisk(path: string): RawDisk {
  const db = new Database(path)
  // What @granary/sqlite sets.
  db.pragma('journal_mode = WAL')
  db.pragma('synchronous = NORMAL')
  db.pragma('cache_size = -16000')
  db.pragma('wal_autocheckpoint = 1000')
  db.pragma('journal_size_limit = 16777216')
  db.exec(
    `CREATE TABLE entry(
       id INTEGER PRIMARY KEY, key INTEGER NOT NULL UNIQUE, expires REAL NOT NULL, name TEXT NOT NULL, payload BLOB NOT NULL
     ) STRICT`,
  )
  const select = db
    .prepare<[number], [expires: number, name: string, payload: Buffer]>(
      'SELECT expires, name, payload FROM entry WHERE key = ?',
    )
    .raw()
  const upsert = db.prepare(
    `INSERT INTO entry(key, expires, name, payload) VALUES (?, ?, ?, ?)
     ON CONFLICT(key) DO UPDATE SET expires = excluded.expires, name = excluded.name, payload = excluded.payload`,
  )
  const begin = db.prepare('BEGIN IMMEDIATE')
  const commit = db.prepare('COMMIT')
  const packr = new Packr({ useRecords: false })

  return {
    get(key) {
      const row = select.get(hash53(key))
      if (row === undefined) return undefined
      const [expires, name, payload] = row
      if (name !== key || expires <= Date.now()) return undefined
      const end = payload.length - CHECKSUM
      if (crc32(payload.subarray(0, end)) !== payload.readUInt32LE(end)) return undefined
      return packr.unpack(payload, { start: 0, end })
    },
    set(key, value) {
      const packed = packr.pack(value)
      const payload = Buffer.allocUnsafe(packed.length + CHECKSUM)
      packed.copy(payload)
      payload.writeUInt32LE(crc32(packed), packed.length)
      upsert.run(hash53(key), Date.now() + HOUR, key, payload)
    },
    together(work) {
      begin.run()
      work()
      commit.run()
    },
    close: () => db.close(),
  }
}

/** The first 53 bits of a SHA-256. */
function hash53(key: string): number {
  const bytes = hash('sha256', key, 'buffer')
  return (bytes.readUInt32BE(0) >>> 11) * 2 ** 32 + bytes.readUInt32BE(4)
}
