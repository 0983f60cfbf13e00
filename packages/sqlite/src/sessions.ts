import { GranaryError, type StoreOperation } from '@granary/core'
import { identityOf, isDamage, setAside, wasSetAsideLately } from './damage.js'
import { isBusy, type Source } from './database.js'
import type { Eviction, Limits } from './eviction.js'
import { openSession, type Session } from './session.js'
import { createUpkeep, type Upkeep } from './upkeep.js'
import type { Write } from './write-queue.js'

/** How long a file that could not be opened is left alone, in milliseconds. */
const RETRY_AFTER = 1_000
/** The same for one whose lock another process held, which costs the event loop some milliseconds each time. */
const RETRY_AFTER_BUSY = 50
/** How often to look whether the file is still where it was, in milliseconds. */
const LOOK_AFTER = 1_000

/** Milliseconds after which no more writes are added to a transaction; looked at after every so many. */
const TIME = 4
const LOOK_EVERY = 16

/** The open handle of a file: opened when first needed, and again after a failure. */
export interface Sessions {
  /** @throws what opening throws; the same again for a moment after a failure */
  current(): Session
  /** The session, if one is open and its file is still at its path. */
  opened(): Session | undefined
  /** How often the file could not be opened or was lost: what others did to it meanwhile is not known. */
  outages(): number
  /** How often this handle has committed. */
  commits(): number
  /**
   * Works with the open file. One that turns out to be damaged is set aside, and the work is done again with a new one;
   * so it is where the file was moved away or replaced, which is looked for once a second.
   */
  use<T>(operation: StoreOperation, work: (session: Session) => T): T
  /** Notes a read. */
  touch(hash: number): void
  /**
   * Applies writes in one transaction, as many as there is time for, and then does the upkeep that is due; how many.
   *
   * @param isLast the process ends: nothing can wait
   */
  commit(writes: readonly Write[], isLast: boolean): number
  /** The file is closed when this returns; threads that work on it are when it settles. */
  close(): Promise<void>
}

export function createSessions(
  source: Source,
  limits: Limits,
  clock: () => number,
  report: (operation: StoreOperation, error: unknown) => void,
): Sessions {
  const { path } = source
  let session: Session | undefined
  let upkeep: Upkeep | undefined
  let failure: { readonly error: unknown; readonly until: number } | undefined
  let writeFailure: unknown
  let lookedAt = 0
  let outages = 0
  let isClosed = false
  let commits = 0

  function open(): Session {
    if (isClosed) throw new GranaryError('CLOSED', 'the store was closed: make a new one with sqlite()')
    if (failure !== undefined && performance.now() < failure.until) throw failure.error
    try {
      session = openSession(source, limits, clock)
      upkeep = createUpkeep(session, clock)
      // What others did while it could not be opened is not known.
      if (failure !== undefined) outages++
      failure = undefined
      lookedAt = clock()
      return session
    } catch (found) {
      const error = sameOf(failure?.error, found)
      failure = { error, until: performance.now() + (isBusy(error) ? RETRY_AFTER_BUSY : RETRY_AFTER) }
      throw error
    }
  }

  const current = (): Session => session ?? open()

  function use<T>(operation: StoreOperation, work: (session: Session) => T): T {
    lookForFile()
    try {
      return work(current())
    } catch (error) {
      if (!isDamage(error)) throw error
      replace(operation, error)
      return work(current())
    }
  }

  /** Lets go of a file that is not at its path any more. */
  function lookForFile(): void {
    if (session === undefined) return
    const now = clock()
    if (Math.abs(now - lookedAt) < LOOK_AFTER) return
    lookedAt = now
    if (identityOf(path) !== session.identity) abandon()
  }

  /** @throws `error`, if a file was set aside within the last minute */
  function replace(operation: StoreOperation, error: unknown): void {
    if (!source.isOwn) throw error
    const found = identityOf(path)
    const identity = session === undefined ? found : session.identity
    const isThere = found === identity
    if (isThere && wasSetAsideLately(path)) throw error
    abandon()
    failure = undefined
    const aside = isThere ? setAside(path, identity) : undefined
    if (aside === undefined) return
    const message = `${path} was damaged: it is now ${aside}, and a new file was begun`
    report(operation, new GranaryError('CORRUPT', message, { cause: error }))
  }

  function abandon(): void {
    const lost = session
    session = undefined
    outages++
    void lost?.checkpoints.close()
    try {
      lost?.close()
    } catch {
      // It is of no use any more.
    }
  }

  function keepUp(applied: number): void {
    try {
      upkeep?.wrote(applied)
    } catch (error) {
      if (isDamage(error)) replace('prune', error)
      // What is put off while others have the lock is done along with a later commit.
      else if (!isBusy(error)) throw error
    }
  }

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

  function attempt(writes: readonly Write[]): number {
    try {
      const applied = use('set', (session) => apply(writes, session))
      writeFailure = undefined
      return applied
    } catch (error) {
      writeFailure = sameOf(writeFailure, error)
      throw writeFailure
    }
  }

  return {
    current,
    opened() {
      lookForFile()
      return session
    },
    outages: () => outages,
    commits: () => commits,
    use,
    touch(hash) {
      session?.access.touch(hash)
    },
    commit(writes, isLast) {
      if (!isLast) session?.checkpoints.checkRoom()
      const applied = attempt(writes)
      commits++
      session?.checkpoints.wrote(applied)
      try {
        keepUp(applied)
      } catch (error) {
        report('prune', error)
      }
      return applied
    },
    async close() {
      isClosed = true
      if (session === undefined) return
      const { access, eviction, transaction, checkpoints } = session
      const last = session
      session = undefined
      try {
        if (eviction.isHalfFull()) transaction(() => access.flush(clock()))
      } catch (error) {
        report('prune', error)
      }
      // Whoever closes last moves what is left: the worker, not this thread.
      const closed = checkpoints.close()
      last.close()
      await closed
    },
  }
}

/** The error of the attempt before, if this one failed for the same reason: whoever is told of it hears it once. */
function sameOf(before: unknown, found: unknown): unknown {
  return before instanceof Error && found instanceof Error && before.message === found.message ? before : found
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
