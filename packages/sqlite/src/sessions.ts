import type { Eviction, Limits } from './eviction.js'
import { openSession, type Session } from './session.js'
import { createUpkeep, type Upkeep } from './upkeep.js'
import type { Write } from './write-queue.js'

/** How long a file that could not be opened is left alone, in milliseconds. */
const RETRY_AFTER = 1_000

/** Milliseconds after which no more writes are added to a transaction; looked at after every so many. */
const TIME = 4
const LOOK_EVERY = 16

/** The open handle of a file: opened when first needed, and again after a failure. */
export interface Sessions {
  /** @throws what opening throws; the same again for a second after a failure */
  current(): Session
  /** Notes a read. */
  touch(hash: number): void
  /** Applies writes in one transaction, as many as there is time for, and then does the upkeep that is due; how many. */
  commit(writes: readonly Write[]): number
  close(): void
}

export function createSessions(
  path: string,
  limits: Limits,
  clock: () => number,
  onFailure: (error: unknown) => void,
): Sessions {
  let session: Session | undefined
  let upkeep: Upkeep | undefined
  let failure: { readonly error: unknown; readonly at: number } | undefined

  function open(): Session {
    if (failure !== undefined && performance.now() < failure.at + RETRY_AFTER) throw failure.error
    try {
      session = openSession(path, limits, clock)
      upkeep = createUpkeep(session, clock)
      failure = undefined
      return session
    } catch (error) {
      failure = { error, at: performance.now() }
      throw error
    }
  }

  const current = (): Session => session ?? open()

  function apply(writes: readonly Write[], { transaction, eviction }: Session): number {
    const [first] = writes
    if (writes.length === 1 && first?.atomic && eviction.hasRoom(first.bytes)) {
      first.apply()
      if (first.bytes > 0) eviction.took(1, first.bytes)
      return 1
    }
    try {
      return transaction(() => {
        const applied = applyInTime(writes, eviction)
        eviction.makeRoom()
        return applied
      })
    } catch (error) {
      eviction.recount()
      throw error
    }
  }

  return {
    current,
    touch(hash) {
      session?.access.touch(hash)
    },
    commit(writes) {
      const applied = apply(writes, current())
      try {
        upkeep?.wrote(applied)
      } catch (error) {
        onFailure(error)
      }
      return applied
    },
    close() {
      if (session === undefined) return
      const { db, access, eviction, transaction } = session
      session = undefined
      try {
        if (eviction.isHalfFull()) transaction(() => access.flush(clock()))
      } catch (error) {
        onFailure(error)
      }
      db.close()
    },
  }
}

function applyInTime(writes: readonly Write[], eviction: Eviction): number {
  const end = performance.now() + TIME
  let applied = 0
  let entries = 0
  let bytes = 0
  for (const write of writes) {
    write.apply()
    applied++
    if (write.bytes > 0) entries++
    bytes += write.bytes
    if (applied % LOOK_EVERY === 0 && performance.now() > end) break
  }
  // What was refused is counted too, until the next recount.
  eviction.took(entries, bytes)
  return applied
}
