import type { Database } from 'better-sqlite3'
import { isBusy } from './database.js'

/** Pages given back in one step: a few milliseconds. */
const STEP = 128
/** Free pages that are kept for what is written next: 4 MB, or a quarter of the file. */
const KEPT = 1_000
const KEPT_SHARE = 4

/** Gives free pages of the file back to the file system, where the file was made for that: all since tables of version 1. */
export interface Vacuum {
  /** Is much of the file free? */
  isDue(): boolean
  /** A step, inside no transaction; false when nothing is left to give back. */
  step(): boolean
}

export function createVacuum(db: Database): Vacuum {
  const free = db.prepare<[], number>('PRAGMA freelist_count').pluck()
  const all = db.prepare<[], number>('PRAGMA page_count').pluck()
  const isDue = () => {
    const pages = free.get() as number
    return pages > KEPT && pages > (all.get() as number) / KEPT_SHARE
  }
  return {
    isDue,
    step() {
      const before = free.get() as number
      if (before === 0) return false
      try {
        db.exec(`PRAGMA incremental_vacuum(${STEP})`)
        return (free.get() as number) < before
      } catch (error) {
        // Others write: the room is there for them.
        if (isBusy(error)) return false
        throw error
      }
    },
  }
}
