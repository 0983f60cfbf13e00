import type { Database } from 'better-sqlite3'
import type { Marks } from './marks.js'

/** A row that may be removed. */
export interface Removable {
  readonly id: number
  readonly key: number
  readonly version: number
  readonly since: number
  readonly size: number
  readonly used: number
}

/** The columns of a {@link Removable}. */
export const REMOVABLE = 'entry.id, entry.key, entry.version, entry.since, entry.size, entry.used'

/** No computation is expected to take longer, in milliseconds: 10 minutes. */
const LONGEST_COMPUTATION = 600_000

/** Removes rows that were not written meanwhile; how many, and of what size. Inside a transaction. */
export type Remove = (rows: readonly Removable[], now: number) => { entries: number; bytes: number }

/**
 * For what the store removes by itself (evicted, expired, swept).
 *
 * A value that was set explicitly leaves a mark while computations that began before it may still run: without its
 * row, nothing else would refuse their older results. Afterwards the clock moves, so that a later version of a key is
 * above the one that was removed.
 */
export function createRemove(db: Database, marks: Marks): Remove {
  const remove = db.prepare('DELETE FROM entry WHERE id = ? AND version = ?')

  return (rows, now) => {
    let entries = 0
    let bytes = 0
    for (const { id, key, version, since, size, used } of rows) {
      if (remove.run(id, version).changes === 0) continue
      entries++
      bytes += size
      if (since === version && used > now - LONGEST_COMPUTATION) marks.fenceKey(key)
    }
    if (entries > 0) marks.tick()
    return { entries, bytes }
  }
}
