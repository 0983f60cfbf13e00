import { type Entry, refused, type SetOutcome, STORED } from '@granary/core'
import type { Database } from 'better-sqlite3'
import type { Transaction } from './database.js'
import { createScopes } from './key-hash.js'
import type { Marks } from './marks.js'
import { pointerIn } from './pointer.js'
import { revoked, STRIDE } from './schema.js'

const COLUMNS = [
  ...['key', 'size', 'used', 'created', 'fresh', 'stale', 'compute', 'cost'],
  ...['namespace', 'tags', 'scopes', 'name', 'payload'],
]
const NAMES = COLUMNS.join(', ')
const VALUES = COLUMNS.map(() => '?').join(', ')
const REPLACED = COLUMNS.filter((column) => column !== 'key' && column !== 'size')
  .map((column) => `${column} = excluded.${column}`)
  .join(', ')
const NEXT = 'max(excluded.version, entry.version + 1)'
/**
 * One statement is enough: what the old value was counted with is right for the new one, within an eighth, and there is a version left in this stride (`excluded.version`
 * is `clock.seq + 1`). Else the row is made to fit first.
 */
const FITS = `excluded.size BETWEEN entry.size * 7 / 8 AND entry.size AND entry.version < excluded.version + ${STRIDE - 3}`

const ROW_OVERHEAD = 120
const SMALLEST_STEP = 5

/**
 * Bytes that an entry is counted with: its payload, key and metadata, rounded up by an eighth at most. A value that
 * replaces one which is up to an eighth larger is counted as that one was, so that the totals do not change.
 */
export function sizeOf(key: string, { value, namespace, tags }: Entry<Uint8Array>): number {
  // What lies in a file counts as if it were here.
  const length = pointerIn(value)?.length ?? value.length
  let bytes = length + Buffer.byteLength(key) + namespace.length + ROW_OVERHEAD
  for (const tag of tags) bytes += tag.length + 20
  const step = 2 ** Math.max(SMALLEST_STEP, 28 - Math.clz32(bytes))
  return Math.ceil(bytes / step) * step
}

/** One entry to write. */
export interface Row {
  readonly hash: number
  readonly key: string
  readonly entry: Entry<Uint8Array>
  readonly size: number
}

/** Each call is one atomic statement, inside a transaction or by itself. */
export interface EntryWriter {
  /** Keeps a value that was set: only what cannot be stored is refused. */
  put(row: Row, used: number): SetOutcome
  /** Keeps a value whose computation began at `since`, unless something that came after it forbids it. */
  putComputed(row: Row, used: number, since: number): SetOutcome
}

export function createEntryWriter(db: Database, transaction: Transaction, marks: Marks): EntryWriter {
  const scopesOf = createScopes()
  // Since is the version: that is how an explicit set is told from a computed one.
  const put = db.prepare(
    `INSERT INTO entry(version, since, ${NAMES})
     VALUES ((SELECT seq + 1 FROM clock), (SELECT seq + 1 FROM clock), ${VALUES})
     ON CONFLICT(key) DO UPDATE SET version = ${NEXT}, since = ${NEXT}, ${REPLACED} WHERE ${FITS}`,
  )
  // A position from beyond the clock belongs to another history: it would make the entry immune to marks.
  const fence = {
    forgotten: `(c.floor > p.since OR p.since >= c.seq + ${STRIDE})`,
    overtaken: `ifnull((SELECT version > p.since FROM entry WHERE entry.key = p.key), 0)`,
    deleted: `EXISTS (SELECT 1 FROM key_mark WHERE key_mark.key = p.key AND seq > p.since)`,
    invalidated: `(${revoked('p.since', 'p.scopes')})`,
  }
  const given = 'clock AS c, (SELECT ? AS since, ? AS key, ? AS scopes) AS p'
  const putComputed = db.prepare(
    `INSERT INTO entry(version, since, ${NAMES})
     SELECT c.seq + 1, p.since, ${VALUES} FROM ${given} WHERE NOT ${fence.forgotten} AND NOT ${fence.deleted} AND NOT ${fence.invalidated}
     ON CONFLICT(key) DO UPDATE SET version = ${NEXT}, since = excluded.since, ${REPLACED}
     WHERE entry.version <= excluded.since AND ${FITS}`,
  )
  const reason = db
    .prepare<[number, number, string | null], 'forgotten' | 'overtaken' | 'invalidated' | null>(
      `SELECT CASE WHEN ${fence.forgotten} THEN 'forgotten' WHEN ${fence.invalidated} THEN 'invalidated'
       WHEN ${fence.overtaken} OR ${fence.deleted} THEN 'overtaken' END FROM ${given}`,
    )
    .pluck()

  const resizeTotal = db.prepare(
    `UPDATE total SET bytes = bytes + ? - (SELECT size FROM entry WHERE key = ?)
     WHERE upto >= (SELECT id FROM entry WHERE key = ?)`,
  )
  const resize = db.prepare('UPDATE entry SET size = ? WHERE key = ?')

  /** Writes over a row that one statement did not fit. Inside a transaction. */
  function writeOver({ hash, size }: Row, write: () => boolean): SetOutcome {
    resizeTotal.run(size, hash, hash)
    resize.run(size, hash)
    if (write()) return STORED
    marks.tick()
    write()
    return STORED
  }

  // The values are bound one by one, in the order of COLUMNS: an array of them, or rest parameters, bind more slowly.
  function runPut({ hash, key, size, entry }: Row, used: number, scopes: string | null): boolean {
    const { namespace, tags, createdAt, freshUntil, staleUntil, computeMs, cost, value } = entry
    // biome-ignore format: in the lines of COLUMNS
    return put.run(
      hash, size, used, createdAt, freshUntil, staleUntil, computeMs, cost,
      namespace, tagList(tags), scopes, key, value,
    ).changes > 0
  }

  function runPutComputed(
    { hash, key, size, entry }: Row,
    used: number,
    scopes: string | null,
    since: number,
  ): boolean {
    const { namespace, tags, createdAt, freshUntil, staleUntil, computeMs, cost, value } = entry
    // biome-ignore format: in the lines of COLUMNS
    return putComputed.run(
      hash, size, used, createdAt, freshUntil, staleUntil, computeMs, cost,
      namespace, tagList(tags), scopes, key, value,
      since, hash, scopes,
    ).changes > 0
  }

  return {
    put(row, used) {
      const scopes = scopesOf(row.entry.namespace, row.entry.tags)
      if (runPut(row, used, scopes)) return STORED
      return transaction(() => writeOver(row, () => runPut(row, used, scopes)))
    },
    putComputed(row, used, since) {
      const scopes = scopesOf(row.entry.namespace, row.entry.tags)
      const write = () => runPutComputed(row, used, scopes, since)
      if (write()) return STORED
      return transaction(() => {
        const why = reason.get(since, row.hash, scopes) ?? undefined
        return why === undefined ? writeOver(row, write) : refused(why)
      })
    },
  }
}

function tagList(tags: readonly string[]): string | null {
  return tags.length === 0 ? null : JSON.stringify(tags)
}
