import { randomInt } from 'node:crypto'
import type { Database } from 'better-sqlite3'
import { type AccessTimes, createAccessTimes } from './access-times.js'
import { type Checkpoints, createCheckpoints } from './checkpoints.js'
import { identityOf } from './damage.js'
import { createTransaction, type Source, type Transaction } from './database.js'
import { createEntryReader, type EntryReader } from './entry-reader.js'
import { createEntryWriter, type EntryWriter } from './entry-writer.js'
import { createEviction, type Eviction, type Limits } from './eviction.js'
import { createFateTable, type FateTable, recordEnds } from './fate-table.js'
import { createInvalidation, type Invalidation } from './invalidation.js'
import { createLeaseTable, type LeaseTable } from './lease-table.js'
import { createMarks } from './marks.js'
import { createNews, type Followed, type NewsReader } from './news.js'
import { createPartTable, type PartTable } from './part-table.js'
import { createRemove } from './removal.js'
import { createSavingTable, type SavingTable } from './saving-table.js'
import { type BeginSweep, createSweeping } from './sweep.js'
import { createTotals, type Totals } from './totals.js'
import { createVacuum, type Vacuum } from './vacuum.js'

/** Everything that belongs to one open handle of the file. */
export interface Session {
  readonly db: Database
  /** Closes the handle, if it is the store's own. */
  close(): void
  /** Which file it was that was opened; see {@link identityOf}. */
  readonly identity: string | undefined
  readonly transaction: Transaction
  readonly reader: EntryReader
  readonly writer: EntryWriter
  readonly invalidation: Invalidation
  readonly access: AccessTimes
  readonly eviction: Eviction
  readonly totals: Totals
  readonly beginSweep: BeginSweep
  readonly vacuum: Vacuum
  readonly checkpoints: Checkpoints
  readonly leases: LeaseTable
  readonly fates: () => FateTable
  readonly parts: () => PartTable
  readonly savings: () => SavingTable
  readonly news: NewsReader
  /** Where the file stood before anything was read or written through this handle. */
  readonly followedFrom: Followed
}

/** @throws what `source.open` throws */
export function openSession(source: Source, limits: Limits, clock: () => number): Session {
  const db = source.open()
  try {
    return sessionOf(db, source, limits, clock)
  } catch (error) {
    if (source.isOwn) db.close()
    throw error
  }
}

function sessionOf(db: Database, { path, isOwn }: Source, limits: Limits, clock: () => number): Session {
  const author = randomInt(1, 2 ** 48 - 1)
  const news = createNews(db, author)
  const followedFrom = news.head()
  recordEnds(db, clock)
  const transaction = createTransaction(db)
  const marks = createMarks(db, author)
  const remove = createRemove(db, marks)
  const access = createAccessTimes(db, clock())
  const totals = createTotals(db)
  return {
    db,
    close() {
      if (isOwn) db.close()
    },
    identity: identityOf(path),
    transaction,
    reader: createEntryReader(db),
    writer: createEntryWriter(db, transaction, marks),
    invalidation: createInvalidation(db, marks),
    access,
    eviction: createEviction(db, limits, totals, access, remove, clock),
    totals,
    beginSweep: createSweeping(db, transaction, marks, remove, clock),
    vacuum: createVacuum(db),
    checkpoints: createCheckpoints(db, path),
    leases: createLeaseTable(db),
    fates: once(() => createFateTable(db)),
    parts: once(() => createPartTable(db)),
    savings: once(() => createSavingTable(db)),
    news,
    followedFrom,
  }
}

/** What is made when it is first needed: few programs ask for it, and none when it opens the file. */
function once<T>(make: () => T): () => T {
  let made: T | undefined
  return () => (made ??= make())
}
