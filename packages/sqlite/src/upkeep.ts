import type { Session } from './session.js'
import type { Sweep } from './sweep.js'

/** Writes between two steps of the sweep, and the rows that it looks at: a walk ends before the store has doubled. */
const SWEEP_EVERY = 64
const SWEPT_ROWS = 128
/** Writes after which what was counted one by one is added to the totals, and old news and leases are forgotten. */
const FOLD_EVERY = 256

/** What is done along with writes, a bounded step at a time: no timer, no background work of its own. */
export interface Upkeep {
  /** After a commit of so many writes. */
  wrote(writes: number): void
}

export function createUpkeep(
  { transaction, totals, access, eviction, beginSweep, leases, news }: Session,
  clock: () => number,
): Upkeep {
  let sweep: Sweep | undefined
  let toSweep = 0
  let toFold = 0

  return {
    wrote(writes) {
      toSweep += writes
      toFold += writes
      if (toSweep >= SWEEP_EVERY) {
        toSweep = 0
        if (sweep === undefined || sweep.hasEnded()) sweep = beginSweep(SWEPT_ROWS)
        sweep.step()
      }
      if (toFold >= FOLD_EVERY) {
        toFold = 0
        transaction(() => {
          totals.fold()
          news.trim()
          leases.sweep(clock())
        })
        eviction.recount()
      }
      const now = clock()
      if (!access.isDue(now)) return
      if (eviction.isHalfFull()) transaction(() => access.flush(now))
      else access.forget()
    },
  }
}
