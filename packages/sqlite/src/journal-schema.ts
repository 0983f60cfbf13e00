/**
 * | table | what it holds |
 * | --- | --- |
 * | `fate` | how the entry of a key ended that is not there any more (`how` is `removed` or `deleted`), or why nothing was kept of what was computed last; `position` is where the history stood; `shared` is 1 if another key had the slot before |
 * | `mark_log` | every invalidation of a namespace or tag, with its time: the newest ones |
 * | `begun` | when these records begin |
 * | `saving` | what hits saved, by the path of their namespace |
 * | `key_part` | digests of what keys were made of; `grp` is the scope of the namespace within which they are compared |
 */
export const JOURNAL_SCHEMA: string = `
CREATE TABLE fate(
  slot INTEGER PRIMARY KEY, key INTEGER NOT NULL, position INTEGER NOT NULL, at REAL NOT NULL, how TEXT NOT NULL,
  since INTEGER, stale REAL, scopes TEXT, shared INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE mark_log(
  id INTEGER PRIMARY KEY, seq INTEGER NOT NULL, scope INTEGER NOT NULL, name TEXT NOT NULL, at REAL NOT NULL
) STRICT;
CREATE TABLE begun(id INTEGER PRIMARY KEY CHECK (id = 0), at REAL NOT NULL) STRICT;
INSERT INTO begun SELECT 0, unixepoch('subsec') * 1000;
CREATE TABLE key_part(
  id INTEGER PRIMARY KEY, key INTEGER NOT NULL UNIQUE, grp INTEGER NOT NULL, name TEXT NOT NULL, digests BLOB NOT NULL
) STRICT;
CREATE TABLE saving(
  namespace TEXT PRIMARY KEY, hits INTEGER NOT NULL, ms REAL NOT NULL, cost REAL NOT NULL
) STRICT;
CREATE INDEX key_part_grp ON key_part(grp);`
