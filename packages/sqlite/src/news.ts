import type { Mark, News } from '@granary/core'
import type { Database } from 'better-sqlite3'

/** Names of keys up to this length are kept for those who follow: a longer one is a gap to them. */
export const LONGEST_NAME = 1_024
/** News read at once. Who missed more has a gap: reading them would keep the event loop waiting. */
const MOST_NEWS = 4_000
/** Replaced keys that are kept. */
const KEPT = 20_000

/** How far somebody has followed the file. */
export interface Followed {
  /** Position in the history. */
  readonly mark: number
  /** The last of the replaced keys. */
  readonly replaced: number
}

/** What was done to the file, for those who follow it. */
export interface NewsReader {
  /** A number that is another one after each commit of another handle. About 1 µs. */
  version(): number
  /** Up to where there are news. */
  head(): Followed
  /** What has happened since, by others or by everybody; and up to where. */
  since(followed: Followed, by: 'others' | 'all'): { readonly news: News; readonly head: Followed }
  /** Forgets the oldest replaced keys. */
  trim(): void
}

const NONE: readonly Mark[] = Object.freeze([])

/** @param author the number of this handle, that is written with what it does */
export function createNews(db: Database, author: number): NewsReader {
  // In a TEMP trigger, because the author is a number of this handle. It fires for explicit sets that replace a row: the
  // row fences computations by itself, but layers before other handles still hold the old value.
  db.exec(`DROP TRIGGER IF EXISTS temp.entry_replaced;
    CREATE TEMP TRIGGER entry_replaced AFTER UPDATE OF since ON main.entry WHEN NEW.since = NEW.version
    BEGIN
      INSERT INTO replaced(name, author)
      VALUES (CASE WHEN length(NEW.name) <= ${LONGEST_NAME} THEN 'k' || NEW.name END, ${author});
    END`)
  const version = db.prepare<[], number>('PRAGMA data_version').pluck()
  const last = 'ifnull((SELECT max(id) FROM replaced), 0)'
  const head = db.prepare<[], Followed>(`SELECT seq AS mark, ${last} AS replaced FROM clock`)
  // One statement, so that all of it is of one moment. The first row says up to where, and what is still known.
  const since = db
    .prepare<[Record<string, number>], [string | null, number, number, number, number]>(
      `SELECT '', seq, ${last}, floor, ifnull((SELECT min(id) FROM replaced), 0) FROM clock
       UNION ALL SELECT name, 0, 0, 0, 0 FROM key_mark WHERE seq > :mark AND author IS NOT :but AND name IS NOT ''
       UNION ALL SELECT name, 0, 0, 0, 0 FROM scope_mark WHERE seq > :mark AND author IS NOT :but
       UNION ALL SELECT name, 0, 0, 0, 0 FROM replaced WHERE id > :replaced AND author IS NOT :but
       LIMIT ${MOST_NEWS + 2}`,
    )
    .raw()
  const trim = db.prepare(`DELETE FROM replaced WHERE id <= (SELECT max(id) FROM replaced) - ${KEPT}`)

  return {
    version: () => version.get() as number,
    head: () => head.get() as Followed,
    since({ mark, replaced }, by) {
      const [state, ...rows] = since.all({ mark, replaced, but: by === 'all' ? 0 : author })
      const [, newMark, newReplaced, floor, firstReplaced] = state as [string, number, number, number, number]
      const head = { mark: newMark, replaced: newReplaced }
      const isWhole = mark >= floor && replaced >= firstReplaced - 1 && rows.length <= MOST_NEWS
      if (!isWhole) return { news: 'gap', head }
      const names = new Set(rows.map(([name]) => name))
      if (names.has(null)) return { news: 'gap', head }
      return { news: names.size === 0 ? NONE : Array.from(names as Set<string>, markNamed), head }
    },
    trim() {
      trim.run()
    },
  }
}

/** The mark that a name of `k`, `n` or `t` and a key, namespace path or tag stands for. */
function markNamed(name: string): Mark {
  const rest = name.slice(1)
  if (name.startsWith('k')) return { key: rest }
  return name.startsWith('t') ? { tag: rest } : { namespace: rest }
}
