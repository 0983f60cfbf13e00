import type { StoredBytes } from '@granary/codec'
import type { KeyedInfo, Look } from '@granary/core'
import type { Database } from 'better-sqlite3'
import { LARGE } from './large-values.js'
import { POINTER_LENGTH, pointerIn } from './pointer.js'
import { DEAD } from './schema.js'

const COLUMNS = `entry.since, entry.namespace, entry.tags, entry.created, entry.fresh, entry.stale, entry.compute, entry.cost`
type Columns = [number, string, string | null, number, number, number, number, number]

// The name is compared here, at a third of the cost of a comparison there.
const FOUND = `entry.name, entry.payload, max(entry.version, (SELECT seq FROM clock)), ${DEAD}, entry.since`
type Found = [name: string, payload: Uint8Array, at: number, dead: number, since: number]

const NO_TAGS: readonly string[] = Object.freeze([])

/** A page of what `entries()` lists. */
interface Page {
  readonly infos: readonly KeyedInfo[]
  /** Where the next page begins; `undefined` after the last. */
  readonly next: number | undefined
}

/** Reads entries. No statement stays open: an open one would keep the WAL from being used again. */
export interface EntryReader {
  one(hash: number, key: string, look: Look | undefined): StoredBytes | undefined
  /** In the order asked, in one statement. */
  many(
    hashes: readonly number[],
    keys: readonly string[],
    looks: readonly (Look | undefined)[],
  ): (StoredBytes | undefined)[]
  /** The names of the files that rows refer to. */
  filesReferredTo(): ReadonlySet<string>
  /** The newest row, 0 where there is none. */
  lastRow(): number
  /** Keys and metadata of the rows after `after` and up to `last`, without their payloads. */
  page(after: number, last: number, size: number): Page
}

export function createEntryReader(db: Database): EntryReader {
  const one = db.prepare<[number], Found>(`SELECT ${FOUND} FROM entry WHERE key = ?`).raw()
  const many = db
    .prepare<[string], [index: number, ...Found]>(
      `SELECT j.key, ${FOUND} FROM json_each(?) AS j CROSS JOIN entry ON entry.key = j.value`,
    )
    .raw()
  const page = db
    .prepare<[number, number, number], [id: number, key: string, size: number, dead: number, ...Columns]>(
      `SELECT id, name, size, ${DEAD}, ${COLUMNS} FROM entry WHERE id > ? AND id <= ? ORDER BY id LIMIT ?`,
    )
    .raw()
  const inFiles = db
    .prepare<[], Uint8Array>(`SELECT payload FROM entry WHERE size >= ${LARGE} AND length(payload) = ${POINTER_LENGTH}`)
    .pluck()
  const lastRow = db.prepare<[], number | null>('SELECT max(id) FROM entry').pluck()
  const position = db.prepare<[], number>('SELECT seq FROM clock').pluck()

  return {
    one(hash, key, look) {
      const row = one.get(hash)
      if (row !== undefined) return entryOf(row, key, look)
      if (look !== undefined) look.at = position.get() as number
      return undefined
    },
    many(hashes, keys, looks) {
      const found = new Array<StoredBytes | undefined>(keys.length).fill(undefined)
      const missed = new Set(looks)
      for (const [index, ...row] of many.all(JSON.stringify(hashes))) {
        found[index] = entryOf(row, keys[index] as string, looks[index])
        missed.delete(looks[index])
      }
      let at: number | undefined
      for (const look of missed) if (look !== undefined) look.at = at ??= position.get() as number
      return found
    },
    filesReferredTo: () => new Set(inFiles.all().map((payload) => pointerIn(payload)?.name ?? '')),
    lastRow: () => lastRow.get() ?? 0,
    page(after, last, size) {
      const rows = page.all(after, last, size)
      const infos: KeyedInfo[] = []
      for (const [, key, size, dead, ...columns] of rows) if (!dead) infos.push({ key, size, ...infoOf(columns) })
      return { infos, next: rows.length < size ? undefined : rows.at(-1)?.[0] }
    },
  }
}

function entryOf(row: Found, key: string, look: Look | undefined): StoredBytes | undefined {
  const [name, value, at, dead, since] = row
  if (look !== undefined) look.at = at
  return dead || name !== key ? undefined : { value, since }
}

function infoOf([since, namespace, tags, createdAt, freshUntil, staleUntil, computeMs, cost]: Columns): Omit<
  KeyedInfo,
  'key'
> {
  return { namespace, tags: tagsOf(tags), createdAt, freshUntil, staleUntil, computeMs, cost, since }
}

function tagsOf(tags: string | null): readonly string[] {
  return tags === null ? NO_TAGS : (JSON.parse(tags) as string[])
}
