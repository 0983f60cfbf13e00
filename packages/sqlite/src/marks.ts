import type { Database } from 'better-sqlite3'
import { LONGEST_NAME } from './news.js'
import { STRIDE } from './schema.js'

/** Marks kept of each kind; a key's mark is needed for as long as computations that began before it may still run. */
const KEPT = 20_000
/** Marks made between two looks at how many there are. */
const COUNT_EVERY = 1_000

/** What was invalidated, and when. Everything that writes has to run inside a transaction. */
export interface Marks {
  /** Where this file's history stands. */
  position(): number
  /** Moves the clock, so that versions given from now on are above all that were given. */
  tick(): void
  markKey(key: number, name: string): void
  /** As {@link Marks.markKey}, for a key that is not invalidated: only computations that began before are refused. */
  fenceKey(key: number): void
  /** `name` is the scope in words: `n` and a namespace's path, or `t` and a tag. */
  markScope(scope: number, name: string): void
  /** Is it time to {@link prune}? */
  isDue(): boolean
  /**
   * Forgets the oldest, and raises the floor to them: a computation that began before is refused, and nothing wrong
   * is ever kept. A scope's mark goes only when a sweep that began after it (`swept` is its position) has ended: until
   * then there may be entries that it covers.
   */
  prune(swept: number): void
}

/** @param author the number by which {@link News} tells one's own marks from those of others */
export function createMarks(db: Database, author: number): Marks {
  const position = db.prepare<[], number>('SELECT seq FROM clock').pluck()
  const tick = db.prepare(`UPDATE clock SET seq = seq + ${STRIDE}`)
  const markKey = db.prepare(
    `INSERT OR REPLACE INTO key_mark(seq, key, name, author) SELECT seq, ?, ?, ${author} FROM clock`,
  )
  // An invalidation that others may not have been told of keeps its name.
  const fenceKey = db.prepare(
    `INSERT INTO key_mark(seq, key, name, author) SELECT seq, ?, '', ${author} FROM clock WHERE true
     ON CONFLICT(key) DO UPDATE SET seq = excluded.seq`,
  )
  const markScope = db.prepare(
    `INSERT OR REPLACE INTO scope_mark(seq, scope, name, author) SELECT seq, ?, ?, ${author} FROM clock`,
  )
  const raiseFloor = db.prepare('UPDATE clock SET floor = max(floor, ?)')
  const kinds = ['key_mark', 'scope_mark'].map((table) => ({
    count: db.prepare<[], number>(`SELECT count(*) FROM ${table}`).pluck(),
    oldest: db.prepare<[number], number>(`SELECT seq FROM ${table} ORDER BY seq LIMIT 1 OFFSET ?`).pluck(),
    newestUpTo: db.prepare<[number], number | null>(`SELECT max(seq) FROM ${table} WHERE seq <= ?`).pluck(),
    forget: db.prepare(`DELETE FROM ${table} WHERE seq <= ?`),
    isScopes: table === 'scope_mark',
  }))
  let made = COUNT_EVERY

  return {
    position: () => position.get() as number,
    tick() {
      tick.run()
    },
    markKey(key, name) {
      made++
      tick.run()
      markKey.run(key, name.length <= LONGEST_NAME ? `k${name}` : null)
    },
    fenceKey(key) {
      made++
      tick.run()
      fenceKey.run(key)
    },
    markScope(scope, name) {
      made++
      tick.run()
      markScope.run(scope, name)
    },
    isDue: () => made >= COUNT_EVERY,
    prune(swept) {
      made = 0
      for (const { count, oldest, newestUpTo, forget, isScopes } of kinds) {
        const excess = (count.get() as number) - KEPT
        if (excess <= 0) continue
        const cut = newestUpTo.get(Math.min(oldest.get(excess - 1) as number, isScopes ? swept : Infinity))
        if (cut === undefined || cut === null) continue
        raiseFloor.run(cut)
        forget.run(cut)
      }
    },
  }
}
