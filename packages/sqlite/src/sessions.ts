import type { Limits } from './eviction.js'
import { openSession, type Session } from './session.js'
import { createUpkeep, type Upkeep } from './upkeep.js'
import type { Write } from './write-queue.js'

/** How long a file that could not be opened is left alone, in milliseconds. */
const RETRY_AFTER = 1_000

/** The open handle of a file: opened when first needed, and again after a failure. */
export interface Sessions {
  /** @throws what opening throws; the same again for a second after a failure */
  current(): Session
  /** Notes a read. */
  touch(hash: number): void
  /** Applies writes in one transaction, and then does the upkeep that is due. */
  commit(writes: readonly Write[]): void
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

  function apply(writes: readonly Write[], { transaction, eviction }: Session): void {
    const [first] = writes
    if (writes.length === 1 && first?.atomic && eviction.hasRoom(first.bytes)) {
      first.apply()
      return
    }
    try {
      transaction(() => {
        for (const write of writes) write.apply()
        eviction.makeRoom()
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
      apply(writes, current())
      try {
        upkeep?.wrote(writes.length)
      } catch (error) {
        onFailure(error)
      }
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
