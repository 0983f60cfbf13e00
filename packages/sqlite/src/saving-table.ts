import type { Saving } from '@granary/core'
import type { Database } from 'better-sqlite3'

/** Namespaces that have a row; what others save is added to the row of the root. */
const MOST_ROWS = 10_000

/** The accounts in a file; see {@link Ledger}. */
export interface SavingTable {
  /** Inside a transaction. */
  add(savings: readonly Saving[]): void
  read(namespace: string): Saving[]
}

export function createSavingTable(db: Database): SavingTable {
  const add = db.prepare<Saving>(
    `INSERT INTO saving(namespace, hits, ms, cost)
     VALUES (CASE WHEN EXISTS (SELECT 1 FROM saving WHERE namespace = :namespace)
       OR (SELECT count(*) FROM saving) < ${MOST_ROWS} THEN :namespace ELSE '' END, :hits, :ms, :cost)
     ON CONFLICT(namespace) DO UPDATE SET hits = hits + excluded.hits, ms = ms + excluded.ms, cost = cost + excluded.cost`,
  )
  const read = db.prepare<[string, string], Saving>(
    'SELECT namespace, hits, ms, cost FROM saving WHERE substr(namespace, 1, length(?)) = ?',
  )

  return {
    add(savings) {
      for (const saving of savings) add.run(saving)
    },
    read: (namespace) => read.all(namespace, namespace),
  }
}
