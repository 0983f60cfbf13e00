import type { StoreStats } from '@granary/core'
import type { Database } from 'better-sqlite3'

/** Exact numbers of entries and bytes, without a page that every insert would have to rewrite (see `schema.ts`). */
export interface Totals {
  exact(): StoreStats
  /** Adds the rows that are counted one by one to the totals. Inside a transaction. */
  fold(): void
}

export function createTotals(db: Database): Totals {
  const above = 'entry WHERE id > (SELECT upto FROM total)'
  const exact = db.prepare<[], StoreStats>(
    `SELECT entries + (SELECT count(*) FROM ${above}) AS entries,
      bytes + (SELECT ifnull(sum(size), 0) FROM ${above}) AS bytes FROM total`,
  )
  const fold = db.prepare(
    `UPDATE total SET (entries, bytes) = (SELECT total.entries + count(*), total.bytes + ifnull(sum(size), 0) FROM ${above}),
      upto = ifnull((SELECT max(id) FROM entry), 0)`,
  )
  return {
    exact: () => exact.get() as StoreStats,
    fold() {
      fold.run()
    },
  }
}
