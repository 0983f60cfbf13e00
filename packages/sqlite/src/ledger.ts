import type { Ledger, Saving } from '@granary/core'
import type { Database } from 'better-sqlite3'
import type { Sessions } from './sessions.js'
import type { WriteQueue } from './write-queue.js'

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

/** The ledger of a file; everything takes its place among the writes. */
export function createLedger(sessions: Sessions, writes: WriteQueue, checkOpen: () => void): Ledger {
  function inTurn<T>(apply: () => T): Promise<T> {
    checkOpen()
    return writes.add({ changes: 'none', bytes: 0, atomic: false, apply })
  }

  return {
    add: async (savings) => inTurn(() => sessions.current().savings.add(savings)),
    read: async (namespace) => inTurn(() => sessions.current().savings.read(namespace)),
  }
}
