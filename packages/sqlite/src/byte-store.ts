import type { ByteStore, StoredBytes } from '@granary/codec'
import {
  type Awaitable,
  type Entry,
  GranaryError,
  type KeyedInfo,
  type Look,
  type Position,
  refused,
  type SetOutcome,
  type Store,
  type StoreFailure,
} from '@granary/core'
import { atExit } from './at-exit.js'
import type { Source } from './database.js'
import { sizeOf } from './entry-writer.js'
import type { Limits } from './eviction.js'
import { createFeeds } from './feeds.js'
import { createJournal } from './journal.js'
import { keyHash } from './key-hash.js'
import { LARGE } from './large-values.js'
import { createLeases } from './leases.js'
import { createLedger } from './ledger.js'
import { createReadBatch } from './read-batch.js'
import { createSessions } from './sessions.js'
import { type SetContext, SetWrite } from './set-write.js'
import { nextTurn } from './turn.js'
import type { ValueFiles } from './value-files.js'
import { createWriteQueue } from './write-queue.js'

/** SQLite's own limit for a row is 10⁹ bytes. */
const LARGEST_ROW = 999_000_000
const PAGE = 256
/** Bytes that may wait to be written before results of computations are refused: nobody waits for those to be stored. */
const MOST_WAITING = 64 * 1024 ** 2
/** How long `clear` may take to empty the file, in milliseconds. */
const LONGEST_CLEAR = 100

export interface ByteStoreOptions {
  readonly source: Source
  readonly name: string
  /** Where large values are, if they are in files. */
  readonly files?: ValueFiles | undefined
  readonly limits: Limits
  readonly clock: () => number
}

/** The store of one file, of entries that are bytes. The file is opened, and created, by the first call that needs it. */
export function byteStore({ source, name, files, limits, clock }: ByteStoreOptions): ByteStore {
  const largest = Math.min(limits.maxBytes, LARGEST_ROW)
  let listener: ((failure: StoreFailure) => void) | undefined
  const sessions = createSessions(source, limits, clock, (operation, error) => listener?.({ operation, error }))
  const writes = createWriteQueue(sessions.commit)
  const feeds = createFeeds(sessions)
  const reads = createReadBatch((hashes, keys, looks) =>
    sessions.use('get', ({ reader }) => reader.many(hashes, keys, looks)),
  )
  const cancelExit = atExit(() => {
    writes.flushNow()
    void sessions.close()
  })
  let closing: Promise<void> | undefined
  const context: SetContext = { writer: () => sessions.current().writer, clock, failed }

  function checkOpen(): void {
    if (closing === undefined) return
    throw new GranaryError('CLOSED', `the store ${name} was closed: make a new one with sqlite()`)
  }

  function read(hash: number, key: string, look: Look | undefined): Awaitable<StoredBytes | undefined> {
    if (!reads.isFree()) return reads.join(hash, key, look)
    return sessions.use('get', ({ reader }) => reader.one(hash, key, look))
  }

  function get(key: string, look?: Look): Awaitable<StoredBytes | undefined> {
    checkOpen()
    const hash = keyHash(key)
    sessions.touch(hash)
    if (!writes.isPending(hash)) return read(hash, key, look)
    // In its place among the writes: it sees those that were called before it, and none that were called after.
    return writes.add({
      changes: 'none',
      bytes: 0,
      atomic: true,
      apply: () => sessions.current().reader.one(hash, key, look),
    })
  }

  function failed(error: unknown, key: string): SetOutcome {
    listener?.({ operation: 'set', error, key })
    return refused('failed')
  }

  function set(key: string, entry: Entry<Uint8Array>, since?: Position): Promise<SetOutcome> {
    if (closing !== undefined) return Promise.resolve(refused('closed'))
    const hash = keyHash(key)
    const size = sizeOf(key, entry)
    if (size > largest) {
      if (since !== undefined) return Promise.resolve(refused('too-large'))
      // It replaces what was there, even though it cannot be kept.
      const apply = (): SetOutcome => {
        sessions.current().invalidation.deleteKey(hash, key)
        return refused('too-large')
      }
      return writes.add({ changes: hash, bytes: 0, atomic: false, apply, onFailure: (error) => failed(error, key) })
    }
    if (since !== undefined && typeof since !== 'number') return Promise.resolve(refused('forgotten'))
    if (since !== undefined && writes.bytes() > MOST_WAITING) {
      const waiting = `${Math.round(writes.bytes() / 1024 ** 2)} MB wait to be written: the disk is slower than the computations`
      return Promise.resolve(failed(new Error(waiting), key))
    }
    const written = writes.add(new SetWrite(context, hash, key, entry, size, since))
    if (size >= LARGE && files?.isDue()) void written.then(collectFiles)
    return written
  }

  /** Removes the files of values that are gone; never rejects. */
  async function collectFiles(): Promise<void> {
    if (closing !== undefined) return
    try {
      await files?.collect(() => sessions.use('prune', ({ reader }) => reader.filesReferredTo()))
    } catch (error) {
      if (closing === undefined) listener?.({ operation: 'prune', error })
    }
  }

  /** A step of work on the file that no read can tell from none. */
  function step<T>(work: () => T): Promise<T> {
    return writes.add({ changes: 'none', bytes: 0, atomic: false, apply: work })
  }

  /**
   * Removes what has expired or was invalidated, and gives the room back to the file system where it is much, in steps, for
   * about as long as it may take; how many entries.
   */
  async function sweep(most: number): Promise<number> {
    await writes.drained()
    const end = performance.now() + most
    const session = sessions.current()
    const sweep = session.beginSweep(PAGE)
    // A file that has taken the place of this one has nothing to sweep.
    const goesOn = () => session === sessions.current() && performance.now() < end
    let removed = 0
    while (goesOn() && !sweep.hasEnded()) {
      removed += await step(() => (session === sessions.current() ? sweep.step() : 0))
      await nextTurn()
    }
    for (let shrinks = session.vacuum.isDue(); shrinks && goesOn(); await nextTurn()) shrinks = session.vacuum.step()
    await collectFiles()
    return removed
  }

  async function invalidate(marks: Parameters<NonNullable<Store['invalidate']>>[0]): Promise<void> {
    checkOpen()
    await writes.add({
      changes: 'all',
      bytes: 0,
      atomic: false,
      apply() {
        for (const mark of marks) sessions.current().invalidation.invalidate(mark)
      },
    })
  }

  async function close(): Promise<void> {
    await writes.drained()
    cancelExit()
    await sessions.close()
  }

  return {
    name,
    durable: true,
    get,
    set,
    async delete(key) {
      checkOpen()
      const hash = keyHash(key)
      const apply = () => sessions.current().invalidation.deleteKey(hash, key)
      return writes.add({ changes: hash, bytes: 0, atomic: false, apply })
    },
    async clear() {
      await invalidate([{ namespace: '' }])
      // All of it is a miss from here on. What takes longer to remove goes along with later writes.
      await sweep(LONGEST_CLEAR)
    },
    async getMany(keys, looks) {
      return Promise.all(keys.map((key, index) => get(key, looks?.[index])))
    },
    invalidate,
    async *entries(): AsyncIterable<KeyedInfo> {
      checkOpen()
      await writes.drained()
      // What is written meanwhile may be seen or not, but a row that is added is not: a key is listed once.
      const last = sessions.use('entries', ({ reader }) => reader.lastRow())
      for (let after: number | undefined = 0; after !== undefined; ) {
        checkOpen()
        const from: number = after
        const { infos, next } = sessions.use('entries', ({ reader }) => reader.page(from, last, PAGE))
        yield* infos
        after = next
        await nextTurn()
      }
    },
    async prune() {
      checkOpen()
      return sweep(Infinity)
    },
    async evict() {
      checkOpen()
      const { eviction } = sessions.use('evict', (session) => session)
      const before = eviction.removed()
      // Each commit makes room; this one looks first at what is really there.
      do {
        await step(() => sessions.current().eviction.recount())
        await nextTurn()
      } while (sessions.current().eviction.isOver())
      return eviction.removed() - before
    },
    async stats() {
      checkOpen()
      await writes.drained()
      return sessions.use('stats', ({ totals }) => totals.exact())
    },
    feed: feeds.open,
    lease: createLeases(sessions, writes, clock, checkOpen, () => closing !== undefined),
    ledger: createLedger(sessions, writes, checkOpen),
    journal: createJournal(source.path, sessions, writes, clock, checkOpen),
    observe(given) {
      listener = given
    },
    close() {
      closing ??= close()
      return closing
    },
  }
}
