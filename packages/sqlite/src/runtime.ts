import { createRequire } from 'node:module'
import { GranaryError } from '@granary/core'
import type Database from 'better-sqlite3'

const NODE_API = 10

let driver: typeof Database | undefined

/**
 * Loads better-sqlite3, once. Not imported at the top: on a Node that lacks the Node-API it is built for, its first
 * use crashes the process instead of throwing.
 *
 * @throws GranaryError `UNSUPPORTED_RUNTIME` as {@link checkNode}
 */
export function loadDriver(): typeof Database {
  checkNode()
  driver ??= createRequire(import.meta.url)('better-sqlite3') as typeof Database
  return driver
}

/** @throws GranaryError `UNSUPPORTED_RUNTIME` for a Node without Node-API 10 */
export function checkNode(versions: Partial<Record<string, string>> = process.versions): void {
  if (Number(versions.napi) >= NODE_API) return
  throw new GranaryError(
    'UNSUPPORTED_RUNTIME',
    `sqlite() needs Node-API ${NODE_API}, and Node ${versions.node} has ${versions.napi ?? 'none'}: run Node 22.14 or newer`,
  )
}

/**
 * Refuses a SQLite that can corrupt a database in WAL mode: those before 3.51.3, but for the two older lines that
 * were given the fix (the "WAL-reset bug", https://sqlite.org/wal.html).
 *
 * @throws GranaryError `UNSUPPORTED_RUNTIME`
 */
export function checkSqlite(version: string): void {
  const [major = 0, minor = 0, patch = 0] = version.split('.').map(Number)
  const number = (major * 1_000 + minor) * 1_000 + patch
  const fixed = number >= 3_051_003 || (minor === 50 && patch >= 7) || (minor === 44 && patch >= 6)
  if (major >= 3 && fixed) return
  throw new GranaryError(
    'UNSUPPORTED_RUNTIME',
    `SQLite ${version} can corrupt a database that several processes write: update better-sqlite3 (SQLite 3.51.3 or newer)`,
  )
}
