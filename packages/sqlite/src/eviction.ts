import type { Database } from 'better-sqlite3'
import type { AccessTimes } from './access-times.js'
import { REMOVABLE, type Removable, type Remove } from './removal.js'
import type { Totals } from './totals.js'

export interface Limits {
  readonly maxEntries: number
  readonly maxBytes: number
}

const RUNS = 16
const RUN_LENGTH = 5
const SAMPLE = RUNS * RUN_LENGTH
/** Removed at once, from one sample. */
const VICTIMS = 32
/** Samples taken in one transaction; what is still too much after them goes in the next ones. */
const ROUNDS = 48

/** Keeps the store within its limits. What writes runs inside a transaction. */
export interface Eviction {
  /** Is there certainly room for one entry more, of this size? */
  hasRoom(bytes: number): boolean
  /** Notes entries that were written. */
  took(entries: number, bytes: number): void
  /** Looks at what is really there, after a rollback or when others write. */
  recount(): void
  /** Removes the least recently used of random samples until the limits are kept; if that takes many, not all at once. */
  makeRoom(): void
  /** How many were removed so far. */
  removed(): number
  isOver(): boolean
  /** Is the store at least half full? Below that, nothing needs to know what was read last. */
  isHalfFull(): boolean
}

interface Candidate extends Removable {
  readonly stale: number
  readonly at: number | null
}

export function createEviction(
  db: Database,
  limits: Limits,
  totals: Totals,
  access: AccessTimes,
  remove: Remove,
  clock: () => number,
): Eviction {
  const { maxEntries, maxBytes } = limits
  const enoughEntries = maxEntries - Math.min(VICTIMS, Math.floor(maxEntries / 64))
  const enoughBytes = maxBytes - Math.floor(maxBytes / 64)
  const columns = `${REMOVABLE}, stale, (SELECT at FROM access WHERE access.key = entry.key) AS at`
  const sample = db.prepare<[number, number], Candidate>(
    `SELECT ${columns} FROM entry WHERE id >= ? ORDER BY id LIMIT ?`,
  )
  const first = db.prepare<[], number | null>('SELECT min(id) FROM entry').pluck()
  const last = db.prepare<[], number | null>('SELECT max(id) FROM entry').pluck()
  const dataVersion = db.prepare<[], number>('PRAGMA data_version').pluck()

  // Never below what this process wrote: a set that replaces an entry is counted like a new one until the next recount.
  let { entries: heldEntries, bytes: heldBytes } = totals.exact()
  let seen = dataVersion.get()
  let removed = 0

  function isOver(share = 1): boolean {
    return heldEntries > maxEntries * share || heldBytes > maxBytes * share
  }

  function candidates(): Candidate[] {
    const from = first.get() ?? 0
    const to = last.get() ?? -1
    if (to - from < SAMPLE) return sample.all(from, SAMPLE)
    const found = new Map<number, Candidate>()
    for (let run = 0; run < RUNS; run++) {
      const start = from + Math.floor(Math.random() * (to - from + 1))
      for (const row of sample.all(start, RUN_LENGTH)) found.set(row.id, row)
    }
    return [...found.values()]
  }

  /**
   * Worst first: what has expired, then what was used longest ago. What was read lately counts as used when the newest was
   * written, and makes room before that: an entry is never pushed out by the set that it came with.
   */
  function ranked(now: number): Candidate[] {
    const rows = candidates()
    const newest = rows.reduce((latest, { used }) => Math.max(latest, used), 0)
    const rank = (row: Candidate): number => {
      if (row.stale <= now) return -1
      return access.isRecent(row.key) ? newest : Math.min(newest, Math.max(row.used, row.at ?? 0))
    }
    return rows
      .map((row) => ({ row, rank: rank(row) }))
      .sort((a, b) => a.rank - b.rank || a.row.used - b.row.used || a.row.id - b.row.id)
      .map(({ row }) => row)
  }

  // Goes a little below the limits, so that the next sets find room; a small store keeps its entries.
  function victims(now: number): Candidate[] {
    const chosen: Candidate[] = []
    let entries = heldEntries
    let bytes = heldBytes
    for (const row of ranked(now)) {
      if (chosen.length === VICTIMS || (entries <= enoughEntries && bytes <= enoughBytes)) break
      chosen.push(row)
      entries--
      bytes -= row.size
    }
    return chosen
  }

  function recount(): void {
    const { entries, bytes } = totals.exact()
    heldEntries = entries
    heldBytes = bytes
  }

  return {
    hasRoom(bytes) {
      if (isOver(7 / 8)) {
        const version = dataVersion.get()
        if (version !== seen) recount()
        seen = version
      }
      return heldEntries + 1 <= maxEntries && heldBytes + bytes <= maxBytes
    },
    took(entries, bytes) {
      heldEntries += entries
      heldBytes += bytes
    },
    recount,
    makeRoom() {
      if (!isOver()) return
      totals.fold()
      recount()
      const now = clock()
      for (let round = 0; round < ROUNDS && isOver(); round++) {
        const gone = remove(victims(now), now)
        if (gone.entries === 0) break
        removed += gone.entries
        heldEntries -= gone.entries
        heldBytes -= gone.bytes
      }
    },
    removed: () => removed,
    isOver: () => isOver(),
    isHalfFull: () => isOver(1 / 2),
  }
}
