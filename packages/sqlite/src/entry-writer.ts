import { type Entry, refused, type SetOutcome, STORED } from '@granary/core'
import type { Database, Statement } from 'better-sqlite3'
import type { Transaction } from './database.js'
import { createScopes } from './key-hash.js'
import type { Marks } from './marks.js'
import { revoked, STRIDE } from './schema.js'

const COLUMNS = [
  ...['key', 'size', 'used', 'created', 'fresh', 'stale', 'compute', 'cost'],
  ...['namespace', 'tags', 'scopes', 'name', 'payload'],
]
const NAMES = COLUMNS.join(', ')
const VALUES = COLUMNS.map(() => '?').join(', ')
const REPLACED = COLUMNS.slice(1)
  .map((column) => `${column} = excluded.${column}`)
  .join(', ')
const NEXT = 'max(excluded.version, entry.version + 1)'
/** There is a version left in this stride; else the clock has to move first. (`excluded.version` is `clock.seq + 1`.) */
const ROOM = `entry.version < excluded.version + ${STRIDE - 3}`

/** Sizes are counted in these steps, so that a new value of about the same size does not change the totals. */
const STEP = 128
const ROW_OVERHEAD = 120

/** Bytes that an entry is counted with: its payload, key and metadata, rounded up. */
export function sizeOf(key: string, { value, namespace, tags }: Entry<Uint8Array>): number {
  let bytes = value.length + Buffer.byteLength(key) + namespace.length + ROW_OVERHEAD
  for (const tag of tags) bytes += tag.length + 20
  return Math.ceil(bytes / STEP) * STEP
}

/** One entry to write. */
export interface Row {
  readonly hash: number
  readonly key: string
  readonly entry: Entry<Uint8Array>
  readonly size: number
  readonly used: number
}

/** Each call is one atomic statement, inside a transaction or by itself. */
export interface EntryWriter {
  /** Keeps a value that was set: only what cannot be stored is refused. */
  put(row: Row): SetOutcome
  /** Keeps a value whose computation began at `since`, unless something that came after it forbids it. */
  putComputed(row: Row, since: number): SetOutcome
}

export function createEntryWriter(db: Database, transaction: Transaction, marks: Marks): EntryWriter {
  const scopesOf = createScopes()
  // Since is the version: that is how an explicit set is told from a computed one.
  const put = db.prepare(
    `INSERT INTO entry(version, since, ${NAMES})
     VALUES ((SELECT seq + 1 FROM clock), (SELECT seq + 1 FROM clock), ${VALUES})
     ON CONFLICT(key) DO UPDATE SET version = ${NEXT}, since = ${NEXT}, ${REPLACED} WHERE ${ROOM}`,
  )
  // A position from beyond the clock belongs to another history: it would make the entry immune to marks.
  const fence = {
    forgotten: `(c.floor > p.since OR p.since >= c.seq + ${STRIDE})`,
    overtaken: `ifnull((SELECT version > p.since FROM entry WHERE entry.key = p.key), 0)`,
    invalidated: `(EXISTS (SELECT 1 FROM key_mark WHERE key_mark.key = p.key AND seq > p.since) OR ${revoked('p.since', 'p.scopes')})`,
  }
  const given = 'clock AS c, (SELECT ? AS since, ? AS key, ? AS scopes) AS p'
  const putComputed = db.prepare(
    `INSERT INTO entry(version, since, ${NAMES})
     SELECT c.seq + 1, p.since, ${VALUES} FROM ${given} WHERE NOT ${fence.forgotten} AND NOT ${fence.invalidated}
     ON CONFLICT(key) DO UPDATE SET version = ${NEXT}, since = excluded.since, ${REPLACED}
     WHERE entry.version <= excluded.since AND ${ROOM}`,
  )
  const reason = db
    .prepare<[number, number, string | null], 'forgotten' | 'overtaken' | 'invalidated' | null>(
      `SELECT CASE WHEN ${fence.forgotten} THEN 'forgotten' WHEN ${fence.invalidated} THEN 'invalidated'
       WHEN ${fence.overtaken} THEN 'overtaken' END FROM ${given}`,
    )
    .pluck()

  return {
    put(row) {
      const { namespace, tags } = row.entry
      const scopes = scopesOf(namespace, tags)
      if (run(put, row, scopes)) return STORED
      return transaction(() => {
        marks.tick()
        run(put, row, scopes)
        return STORED
      })
    },
    putComputed(row, since) {
      const { namespace, tags } = row.entry
      const scopes = scopesOf(namespace, tags)
      if (run(putComputed, row, scopes, since, row.hash, scopes)) return STORED
      return transaction(() => {
        const why = reason.get(since, row.hash, scopes) ?? undefined
        if (why !== undefined) return refused(why)
        marks.tick()
        run(putComputed, row, scopes, since, row.hash, scopes)
        return STORED
      })
    },
  }
}

/** Binds the values one by one, since an array of them binds more slowly; was a row written? */
function run(statement: Statement, row: Row, scopes: string | null, ...fence: readonly unknown[]): boolean {
  const { hash, key, size, used, entry } = row
  const { namespace, tags, createdAt, freshUntil, staleUntil, computeMs, cost, value } = entry
  const tagList = tags.length === 0 ? null : JSON.stringify(tags)
  const name = Buffer.from(key)
  // biome-ignore format: in the order of COLUMNS, and of its lines
  const { changes } = statement.run(
    hash, size, used, createdAt, freshUntil, staleUntil, computeMs, cost,
    namespace, tagList, scopes, name, value,
    ...fence,
  )
  return changes > 0
}
