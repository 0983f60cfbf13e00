import type { PartsRecord } from '@granary/core'
import type { Database } from 'better-sqlite3'
import { keyHash, namespaceScope } from './key-hash.js'
import { DEAD } from './schema.js'

/** Keys whose parts are kept. */
const KEPT = 10_000
/** Keys of a group that are compared. */
const COMPARED = 500

export interface PartTable {
  /** Inside a transaction. */
  keep(parts: readonly PartsRecord[]): void
  /** Of the keys of a group that have an entry, the newest first. */
  of(group: string, now: number): PartsRecord[]
}

export function createPartTable(db: Database): PartTable {
  const keep = db.prepare<[number, number, string, Uint8Array]>(
    'INSERT OR REPLACE INTO key_part(key, grp, name, digests) VALUES (?, ?, ?, ?)',
  )
  const trim = db.prepare(`DELETE FROM key_part WHERE id <= (SELECT max(id) FROM key_part) - ${KEPT}`)
  const of = db.prepare<[number, number], { name: string; digests: Uint8Array }>(
    `SELECT key_part.name, digests FROM key_part JOIN entry ON entry.key = key_part.key
     WHERE grp = ? AND entry.stale > ? AND NOT ${DEAD} ORDER BY key_part.id DESC LIMIT ${COMPARED}`,
  )

  return {
    keep(parts) {
      for (const { key, group, digests } of parts) keep.run(keyHash(key), namespaceScope(group), key, digests)
      trim.run()
    },
    of: (group, now) => of.all(namespaceScope(group), now).map(({ name, digests }) => ({ key: name, group, digests })),
  }
}
