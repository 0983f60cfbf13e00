import type { Database } from 'better-sqlite3'

/** Entries whose last read is remembered before the times are written. */
const REMEMBERED = 1_024
/** What was read longer ago than this, in milliseconds, no longer counts as just read. */
const RECENT = 60_000

/** When entries were last read: in memory first, so that a read writes nothing. */
export interface AccessTimes {
  touch(key: number): void
  /** Read since the times were last written? */
  isRecent(key: number): boolean
  /** Is it time to {@link flush} or {@link forget}? */
  isDue(now: number): boolean
  /** Writes the times. Inside a transaction. */
  flush(now: number): void
  forget(): void
}

export function createAccessTimes(db: Database, now: number): AccessTimes {
  const write = db.prepare(
    `INSERT INTO access(key, at) SELECT key, ? FROM entry WHERE key = ? ON CONFLICT(key) DO UPDATE SET at = excluded.at`,
  )
  const touched = new Set<number>()
  let written = now

  return {
    touch(key) {
      if (touched.size < REMEMBERED) touched.add(key)
    },
    isRecent: (key) => touched.has(key),
    isDue: (now) => touched.size === REMEMBERED || (touched.size > 0 && now > written + RECENT),
    flush(now) {
      for (const key of touched) write.run(Math.round(now), key)
      touched.clear()
      written = now
    },
    forget() {
      touched.clear()
    },
  }
}
