import { statSync } from 'node:fs'
import Database from 'better-sqlite3'
import { nextLine, startScript } from '../support/processes.js'

const SCRIPT = new URL('./crowd.mjs', import.meta.url)
const PROCESSES = 10
/** Entries that the file holds: a third of those that are written, so that every process evicts. */
const LIMIT = 2_000
const SAMPLE_EVERY = 5

interface Counts {
  readonly sets: number
  readonly acknowledged: number
  readonly reads: number
  readonly hits: number
  /** Values that were written for another key, or do not pass their own checksum. */
  readonly wrong: number
  readonly deletes: number
  readonly invalidations: number
  readonly failures: number
}

export interface CrowdFigures extends Counts {
  /** The largest size of the WAL that was seen, in bytes. */
  readonly wal: number
  readonly entries: number
  readonly integrity: string
  /** Event-loop delay in milliseconds: the worst process's. */
  readonly p99: number
  readonly max: number
}

/** Ten processes on one file, for so many milliseconds. */
export async function crowd(path: string, ms: number): Promise<CrowdFigures> {
  let wal = 0
  const sampling = setInterval(() => {
    wal = Math.max(wal, statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0)
  }, SAMPLE_EVERY)
  const children = Array.from({ length: PROCESSES }, () => startScript(SCRIPT, [path, String(ms), String(LIMIT)]))
  const told = await Promise.all(
    children.map(async (child) => JSON.parse(await nextLine(child)) as Counts & { p99: number; max: number }),
  )
  await Promise.all(children.map(({ ended }) => ended))
  clearInterval(sampling)
  const sum = (name: keyof Counts) => told.reduce((total, counts) => total + counts[name], 0)
  const db = new Database(path)
  const integrity = db.pragma('integrity_check', { simple: true }) as string
  const entries = db.prepare<[], number>('SELECT count(*) FROM entry').pluck().get() as number
  db.close()
  return {
    ...{ sets: sum('sets'), acknowledged: sum('acknowledged'), reads: sum('reads'), hits: sum('hits') },
    ...{ wrong: sum('wrong'), deletes: sum('deletes'), invalidations: sum('invalidations'), failures: sum('failures') },
    ...{ wal, entries, integrity },
    p99: Math.max(...told.map(({ p99 }) => p99)),
    max: Math.max(...told.map(({ max }) => max)),
  }
}

/** How many entries ten processes that write at the same moment may keep at most. */
export const MOST_ENTRIES: number = LIMIT + PROCESSES * 256
