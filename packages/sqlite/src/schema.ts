import { JOURNAL_SCHEMA } from './journal-schema.js'
import { LARGE } from './large-values.js'

/** `GrnY` in ASCII: the application id in the header of every file of ours. */
export const APPLICATION = 0x47726e59
/** Version of the tables below, kept as `user_version`. A file with another one is not touched. */
export const SCHEMA_VERSION = 4

/**
 * How far an invalidation moves the clock. Versions of entries count up inside a stride, so that a `set` does not write
 * the clock's page. Invariants: `clock.seq <= position < clock.seq + STRIDE`, `entry.version < clock.seq + STRIDE`, and a
 * new mark is `clock.seq + STRIDE`.
 */
export const STRIDE = 4_096

/** The scope of the root namespace, which covers every entry and is therefore in no entry's list. */
export const ROOT_SCOPE = 0

/**
 * | table | what it holds |
 * | --- | --- |
 * | `clock` | the position, and the floor below which history is forgotten; both begin at the time in microseconds, so that a new file is after an old one |
 * | `key_mark`, `scope_mark` | the newest invalidation of a key, and of a namespace or tag; `name` tells who follows them what it was, and `author` which handle made it (see `news.ts`) |
 * | `replaced` | keys whose value an explicit set replaced, in that order: for who follows, since the row itself fences |
 * | `lease` | who may compute a key, `since` when and `until` when, in milliseconds since the Unix epoch |
 * | `entry` | `key` is 53 bits of the SHA-256 of `name`; `scopes` is a JSON array of the hashes of its namespaces and tags; an entry that was set, not computed, has `since = version`; times are milliseconds since the Unix epoch |
 * | `entry_in_file` | the entries whose payload is a pointer to a file: few, and found by their size |
 * | `access` | when an entry was last read, kept apart so that a read does not rewrite its row |
 * | `total` | entries and bytes in rows up to `upto`; those above are few and counted when asked, so that an insert writes no page here. Who changes an entry's size changes it too: a trigger for that would slow every `set` by a tenth |
 *
 * A rowid table with the payload last: WITHOUT ROWID spills rows of 1 KB, and what stands before the payload is read
 * without it.
 */
export const SCHEMA: string = `
CREATE TABLE clock(
  id INTEGER PRIMARY KEY CHECK (id = 0), seq INTEGER NOT NULL, floor INTEGER NOT NULL
) STRICT;
INSERT INTO clock SELECT 0, now, now FROM (SELECT CAST(unixepoch('subsec') * 1e6 AS INTEGER) AS now);

CREATE TABLE key_mark(seq INTEGER PRIMARY KEY, key INTEGER NOT NULL UNIQUE, name TEXT, author INTEGER NOT NULL) STRICT;
CREATE TABLE scope_mark(
  seq INTEGER PRIMARY KEY, scope INTEGER NOT NULL UNIQUE, name TEXT NOT NULL, author INTEGER NOT NULL
) STRICT;
CREATE TABLE replaced(id INTEGER PRIMARY KEY, name TEXT, author INTEGER NOT NULL) STRICT;
CREATE TABLE lease(
  key INTEGER PRIMARY KEY, token INTEGER NOT NULL, since INTEGER NOT NULL, until INTEGER NOT NULL
) STRICT;

CREATE TABLE entry(
  id INTEGER PRIMARY KEY,
  key INTEGER NOT NULL UNIQUE,
  version INTEGER NOT NULL,
  since INTEGER NOT NULL,
  size INTEGER NOT NULL,
  used INTEGER NOT NULL,
  created REAL NOT NULL,
  fresh REAL NOT NULL,
  stale REAL NOT NULL,
  compute REAL NOT NULL,
  cost REAL NOT NULL,
  namespace TEXT NOT NULL,
  tags TEXT,
  scopes TEXT,
  name TEXT NOT NULL,
  payload BLOB NOT NULL
) STRICT;
CREATE INDEX entry_in_file ON entry(size) WHERE size >= ${LARGE};
CREATE TABLE access(key INTEGER PRIMARY KEY, at INTEGER NOT NULL) STRICT;

CREATE TABLE total(
  id INTEGER PRIMARY KEY CHECK (id = 0), upto INTEGER NOT NULL, entries INTEGER NOT NULL, bytes INTEGER NOT NULL
) STRICT;
INSERT INTO total VALUES (0, 0, 0, 0);
CREATE TRIGGER entry_removed AFTER DELETE ON entry WHEN OLD.id <= (SELECT upto FROM total)
BEGIN
  UPDATE total SET entries = entries - 1, bytes = bytes - OLD.size,
    upto = min(upto, ifnull((SELECT max(id) FROM entry), 0));
END;
CREATE TRIGGER access_forgotten AFTER DELETE ON entry
BEGIN
  DELETE FROM access WHERE key = OLD.key;
END;
${JOURNAL_SCHEMA}

PRAGMA application_id = ${APPLICATION};
PRAGMA user_version = ${SCHEMA_VERSION};
`

/** SQL that is true when the root, or one of `scopes` (a JSON array), was invalidated after the position `since`. */
export function revoked(since: string, scopes: string): string {
  return `CASE WHEN ${since} < (SELECT max(seq) FROM scope_mark) THEN
    EXISTS (SELECT 1 FROM scope_mark WHERE scope = ${ROOT_SCOPE} AND seq > ${since})
    OR EXISTS (SELECT 1 FROM json_each(${scopes}) AS s JOIN scope_mark AS m ON m.scope = s.value WHERE m.seq > ${since})
    ELSE 0 END`
}

/** {@link revoked}, of a row of `entry`. */
export const DEAD: string = revoked('entry.since', 'entry.scopes')
