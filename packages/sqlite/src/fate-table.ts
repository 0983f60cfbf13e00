import type { Fate, Mark, Refusal, Unkept } from '@granary/core'
import type { Database } from 'better-sqlite3'
import { DEAD, ROOT_SCOPE, STRIDE } from './schema.js'

/** Keys whose end is remembered, each in the slot that its hash gives: one key pushes another out, and that is noted. */
const SLOTS = 16_384
/** Invalidations whose time is remembered. */
const KEPT_MARKS = 20_000

/** Has whatever is removed or invalidated through this handle recorded. */
export function recordEnds(db: Database, clock: () => number): void {
  db.function('granary_now', () => clock())
  db.exec(TRIGGERS)
}

/** What became of keys. Everything runs inside a transaction, or is one statement. */
export interface FateTable {
  note(hash: number, why: Unkept, at: number): void
  of(hash: number, key: string, now: number): Fate
}

interface Ended {
  readonly key: number
  readonly position: number
  readonly at: number
  readonly how: 'removed' | 'deleted' | Unkept
  readonly since: number | null
  readonly stale: number | null
  readonly scopes: string | null
  readonly shared: number
}

interface Standing {
  readonly name: string
  readonly version: number
  readonly since: number
  readonly stale: number
  readonly scopes: string | null
  readonly dead: number
}

interface Logged {
  readonly name: string
  readonly at: number
}

const UNKNOWN: Fate = Object.freeze({ cause: 'unknown' })

export function createFateTable(db: Database): FateTable {
  const note = db.prepare<{ key: number; how: string; at: number }>(
    `INSERT INTO fate(slot, key, position, at, how)
     SELECT :key % ${SLOTS}, :key, ifnull((SELECT version FROM entry WHERE key = :key), (SELECT seq FROM clock)), :at, :how
     WHERE NOT EXISTS (SELECT 1 FROM entry WHERE key = :key AND stale > :at AND NOT ${DEAD})
     ON CONFLICT(slot) DO UPDATE SET ${TAKE_OVER}`,
  )
  const ended = db.prepare<[number], Ended>('SELECT * FROM fate WHERE slot = ?')
  const standing = db.prepare<[number], Standing>(
    `SELECT name, version, since, stale, scopes, ${DEAD} AS dead FROM entry WHERE key = ?`,
  )
  const firstMark = db.prepare<[number, number, number, string], Logged>(
    `SELECT name, at FROM mark_log WHERE seq > ? AND seq <= ?
     AND (scope = ? OR scope IN (SELECT value FROM json_each(?))) ORDER BY seq LIMIT 1`,
  )
  const forgotten = db
    .prepare<[], number | null>(`SELECT min(seq) FROM mark_log HAVING max(id) > ${KEPT_MARKS}`)
    .pluck()
  const begun = db.prepare<[], number>('SELECT at FROM begun').pluck()

  /** How a life ended that began at the position `since`: by its time, by a mark made up to `upTo`, or as `last` says. */
  function endOf(since: number, stale: number, scopes: string | null, upTo: number, at: number, last: Fate): Fate {
    const oldest = forgotten.get() ?? 0
    if (since < oldest) return UNKNOWN
    const mark = firstMark.get(since, upTo, ROOT_SCOPE, scopes ?? '[]')
    if (mark !== undefined && mark.at < stale) return { cause: 'invalidated', at: mark.at, by: markOf(mark.name) }
    return stale <= at ? { cause: 'expired', at: stale } : last
  }

  return {
    note(key, how, at) {
      note.run({ key, how, at })
    },
    of(hash, key, now) {
      const row = standing.get(hash)
      const past = ended.get(hash % SLOTS)
      const own = past?.key === hash ? past : undefined
      if (row !== undefined) {
        if (row.name !== key) return UNKNOWN
        if (!row.dead && row.stale > now) return { cause: 'kept' }
        if (own !== undefined && own.position >= row.version && own.stale === null) return unkept(own)
        return endOf(row.since, row.stale, row.scopes, Number.MAX_SAFE_INTEGER, now, UNKNOWN)
      }
      if (own === undefined) return past?.shared ? UNKNOWN : { cause: 'never-stored', since: begun.get() as number }
      if (own.since === null || own.stale === null) return unkept(own)
      const last: Fate = { cause: own.how === 'deleted' ? 'deleted' : 'evicted', at: own.at }
      return endOf(own.since, own.stale, own.scopes, own.position, own.at, last)
    },
  }
}

function unkept({ how, at }: Ended): Fate {
  return how === 'computation-failed' ? { cause: 'failed', at } : { cause: 'refused', at, reason: how as Refusal }
}

function markOf(name: string): Mark {
  return name.startsWith('t') ? { tag: name.slice(1) } : { namespace: name.slice(1) }
}

/** A slot's new content, which remembers that another key had it before. */
const TAKE_OVER = `shared = shared OR key <> excluded.key, key = excluded.key, position = excluded.position,
  at = excluded.at, how = excluded.how, since = excluded.since, stale = excluded.stale, scopes = excluded.scopes`

/**
 * TEMP triggers, since the time is that of this handle's clock. What removes an entry leaves its end behind, unless the key
 * has a later one: a value that was computed after it and not kept. The mark that a delete makes comes right after.
 */
const TRIGGERS = `
DROP TRIGGER IF EXISTS temp.entry_ended;
DROP TRIGGER IF EXISTS temp.entry_deleted;
DROP TRIGGER IF EXISTS temp.scope_marked;
CREATE TEMP TRIGGER entry_ended AFTER DELETE ON main.entry
BEGIN
  INSERT INTO fate(slot, key, position, at, how, since, stale, scopes)
  VALUES (OLD.key % ${SLOTS}, OLD.key, (SELECT seq FROM clock), granary_now(), 'removed', OLD.since, OLD.stale, OLD.scopes)
  ON CONFLICT(slot) DO UPDATE SET ${TAKE_OVER}
  WHERE NOT (key = excluded.key AND stale IS NULL AND position >= OLD.version);
END;
CREATE TEMP TRIGGER entry_deleted AFTER INSERT ON main.key_mark WHEN NEW.name IS NOT ''
BEGIN
  UPDATE fate SET how = 'deleted'
  WHERE slot = NEW.key % ${SLOTS} AND key = NEW.key AND how = 'removed' AND position = NEW.seq - ${STRIDE};
END;
CREATE TEMP TRIGGER scope_marked AFTER INSERT ON main.scope_mark
BEGIN
  INSERT INTO mark_log(seq, scope, name, at) VALUES (NEW.seq, NEW.scope, NEW.name, granary_now());
  DELETE FROM mark_log WHERE id <= (SELECT max(id) FROM mark_log) - ${KEPT_MARKS};
END;
`
