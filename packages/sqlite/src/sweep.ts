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

interface Row extends Removable {
  readonly gone: number
}

export function createSweeping(
  db: Database,
  transaction: Transaction,
  marks: Marks,
  remove: Remove,
  clock: () => number,
): BeginSweep {
  const page = db.prepare<[number, number, number], Row>(
    `SELECT ${REMOVABLE}, (stale <= ? OR ${DEAD}) AS gone FROM entry WHERE id > ? ORDER BY id LIMIT ?`,
  )

  return (pageSize) => {
    const began = marks.position()
    let after = 0
    let ended = false

    return {
      step() {
        const now = clock()
        const rows = page.all(now, after, pageSize)
        const gone = rows.filter((row) => row.gone)
        after = rows.at(-1)?.id ?? after
        ended = rows.length < pageSize
        const mayForget = ended && marks.isDue()
        if (gone.length === 0 && !mayForget) return 0
        return transaction(() => {
          const removed = remove(gone, now)
          if (mayForget) marks.prune(began)
          return removed.entries
        })
      },
      hasEnded: () => ended,
    }
  }
}
