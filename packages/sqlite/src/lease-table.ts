import type { Database } from 'better-sqlite3'

/** Who may compute a key, as the file has it. Each call is one atomic statement, and not in need of a transaction. */
export interface LeaseTable {
  /**
   * Gives the lease to this token, unless somebody has it or the key was stored after `since`. One that ended is free, and so
   * is one from the future: the system's clock was set back.
   */
  take(key: number, token: number, now: number, until: number, since: number | undefined): boolean
  /** Makes it last longer, if this token still has it. */
  prolong(key: number, token: number, now: number, until: number): boolean
  /** Ends it, if this token still has it. */
  end(key: number, token: number): void
  /** The token that has the lease; `undefined` when it is free, or when the key was stored after `since`. */
  holder(key: number, now: number, since: number | undefined): number | undefined
  /** Removes the leases that ended by themselves. */
  sweep(now: number): void
}

export function createLeaseTable(db: Database): LeaseTable {
  const isNewer = 'EXISTS (SELECT 1 FROM entry WHERE entry.key = p.key AND version > p.position)'
  const take = db.prepare(
    `INSERT INTO lease(key, token, since, until)
     SELECT p.key, p.token, p.now, p.until FROM (SELECT ? AS key, ? AS token, ? AS now, ? AS until, ? AS position) AS p
     WHERE NOT ${isNewer}
     ON CONFLICT(key) DO UPDATE SET token = excluded.token, since = excluded.since, until = excluded.until
     WHERE lease.until <= excluded.since OR lease.since > excluded.since`,
  )
  const prolong = db.prepare('UPDATE lease SET since = ?, until = ? WHERE key = ? AND token = ?')
  const end = db.prepare('DELETE FROM lease WHERE key = ? AND token = ?')
  const holder = db
    .prepare<[number, number | null, number], number>(
      `SELECT token FROM (SELECT ? AS key, ? AS position, ? AS now) AS p JOIN lease ON lease.key = p.key
       WHERE lease.until > p.now AND lease.since <= p.now AND NOT ${isNewer}`,
    )
    .pluck()
  const sweep = db.prepare('DELETE FROM lease WHERE until <= ? OR since > ?')

  return {
    take: (key, token, now, until, since) => take.run(key, token, now, until, since ?? null).changes > 0,
    prolong: (key, token, now, until) => prolong.run(now, until, key, token).changes > 0,
    end(key, token) {
      end.run(key, token)
    },
    holder: (key, now, since) => holder.get(key, since ?? null, now),
    sweep(now) {
      sweep.run(now, now)
    },
  }
}
