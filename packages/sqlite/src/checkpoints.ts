import { Worker } from 'node:worker_threads'
import type { Database } from 'better-sqlite3'

/** Pages in the WAL from which on the worker is told to move them. */
const WORTH_IT = 1_000
/** Pages in the WAL from which on writes wait for the worker, but not for long: 16 MB. */
const LONG = 4_000
const LONGEST_WAIT = 500
/** Pages in the WAL from which on nothing is written: 48 MB, which leaves room for what is under way. */
const MOST = 12_000
/** Pages at which SQLite moves them on this thread, at the end of a commit: beside a worker, and without one. */
const LAST_RESORT = 8_000
const ALONE = 1_000
/** Writes between two looks at the WAL. */
const LOOK_EVERY = 32

/**
 * Keeps the WAL short, from where what was committed is moved into the database. That takes tens of milliseconds, and
 * is done by a thread of its own: it is started when there is enough to move for the first time, and keeps no process
 * alive. Where it cannot run, SQLite moves the pages at the end of a commit.
 *
 * The WAL begins anew only when all of it was moved and nobody reads from it: if writers never paused it would grow
 * without end.
 */
export interface Checkpoints {
  /** @throws what `isBusy` knows, when writes should wait */
  checkRoom(): void
  /** After a commit of so many writes. */
  wrote(writes: number): void
  /** Ends the worker; it has let go of the file when this settles. */
  close(): Promise<void>
}

/** @param script the worker's entry */
export function createCheckpoints(
  db: Database,
  path: string,
  script: URL = new URL('./checkpoint-worker.js', import.meta.url),
): Checkpoints {
  const measure = db.prepare<[], [isBusy: number, pages: number, moved: number]>('PRAGMA wal_checkpoint(NOOP)').raw()
  let worker: Worker | undefined
  let isAlone = false
  let isMoving = false
  let unseen = 0
  let longSince: number | undefined
  db.pragma(`wal_autocheckpoint = ${LAST_RESORT}`)

  /** Pages in the WAL, while they are not all moved. */
  function length(): number {
    const [, pages, moved] = measure.get() as [number, number, number]
    return moved < pages ? pages : 0
  }

  function move(): void {
    if (isAlone || isMoving) return
    isMoving = true
    worker ??= start()
    worker?.postMessage('move')
  }

  function start(): Worker | undefined {
    try {
      const started = new Worker(script, { name: 'granary-checkpoints', workerData: path, execArgv: [] })
      started.on('message', () => {
        isMoving = false
      })
      started.on('error', goAlone)
      started.on('exit', goAlone)
      // After the listeners: adding one would keep the process alive again.
      started.unref()
      return started
    } catch {
      goAlone()
    }
  }

  function goAlone(): void {
    isAlone = true
    if (db.open) db.pragma(`wal_autocheckpoint = ${ALONE}`)
  }

  return {
    checkRoom() {
      if (longSince === undefined) return
      const pages = length()
      if (pages < LONG) {
        longSince = undefined
        return
      }
      move()
      if (pages < MOST && (isAlone || performance.now() > longSince + LONGEST_WAIT)) return
      // No commit is let through at whose end SQLite would move them.
      if (isAlone) db.pragma('wal_checkpoint(PASSIVE)')
      throw Object.assign(new Error(`the WAL of ${pages} pages has to be moved first`), { code: 'SQLITE_BUSY_WAL' })
    },
    wrote(writes) {
      unseen += writes
      if (unseen < LOOK_EVERY) return
      unseen = 0
      const pages = length()
      if (pages >= WORTH_IT) move()
      if (pages >= LONG) longSince ??= performance.now()
    },
    async close() {
      if (worker === undefined || isAlone) return
      const ended = new Promise((resolve) => worker?.on('exit', resolve))
      worker.ref()
      worker.postMessage('close')
      await ended
    },
  }
}
