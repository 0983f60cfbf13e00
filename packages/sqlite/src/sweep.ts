import type { Database } from 'better-sqlite3'
import type { Transaction } from './database.js'
import type { Marks } from './marks.js'
import { REMOVABLE, type Removable, type Remove } from './removal.js'
import { DEAD } from './schema.js'

/** A walk over all entries, a page at a time, that removes what has expired or was invalidated. */
export interface Sweep {
  /** Looks at the next page; how many it removed. */
  step(): number
  hasEnded(): boolean
}

/** Begins a new walk. */
export type BeginSweep = (pageSize: number) => Sweep

export function createSweeping(
  db: Database,
  transaction: Transaction,
  marks: Marks,
  remove: Remove,
  clock: () => number,
): BeginSweep {
  const lastOfPage = db
    .prepare<[number, number], number>('SELECT id FROM entry WHERE id > ? ORDER BY id LIMIT 1 OFFSET ?')
    .pluck()
  const gone = db.prepare<[number, number, number], Removable>(
    `SELECT ${REMOVABLE} FROM entry WHERE id > ? AND id <= ? AND (stale <= ? OR ${DEAD})`,
  )

  return (pageSize) => {
    const began = marks.position()
    let after = 0
    let ended = false

    return {
      step() {
        const now = clock()
        const last = lastOfPage.get(after, pageSize - 1) ?? Number.MAX_SAFE_INTEGER
        const rows = gone.all(after, last, now)
        after = last
        ended = last === Number.MAX_SAFE_INTEGER
        const mayForget = ended && marks.isDue()
        if (rows.length === 0 && !mayForget) return 0
        return transaction(() => {
          const { entries } = remove(rows, now)
          if (mayForget) marks.prune(began)
          return entries
        })
      },
      hasEnded: () => ended,
    }
  }
}
