import { readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'

/** Milliseconds within which only one file is set aside: a disk that fails must not fill up with them. */
const ONE_IN = 60_000
/** Milliseconds after which nobody is believed to be still renaming. */
const LONGEST_CLAIM = 10_000

/** Does SQLite say that the file is damaged, or none of its own? */
export function isDamage(error: unknown): boolean {
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown }
  if (typeof code !== 'string' || !code.startsWith('SQLITE_')) return false
  return code === 'SQLITE_NOTADB' || code.startsWith('SQLITE_CORRUPT') || String(message).includes('malformed')
}

/** What tells the file at a path from another one that takes its place; `undefined` where there is none. */
export function identityOf(path: string): string | undefined {
  const found = statSync(path, { throwIfNoEntry: false })
  return found && `${found.dev}:${found.ino}`
}

/** Was a file of this path set aside within the last minute, by any process? */
export function wasSetAsideLately(path: string): boolean {
  const now = Date.now()
  const from = basename(asideName(path, now - ONE_IN))
  const to = basename(asideName(path, now))
  return readdirSync(dirname(path)).some((name) => from < name && name <= to && !name.endsWith('-wal'))
}

/**
 * Renames the file that {@link identityOf} names, with what SQLite keeps beside it, to `<path>.broken-<time>`; the new
 * path, or `undefined` if another process does so or has done so. No handle of this store may be open.
 */
export function setAside(path: string, identity: string | undefined): string | undefined {
  const claim = `${path}.setting-aside`
  if (!claimed(claim)) return undefined
  try {
    if (identity === undefined || identityOf(path) !== identity || wasSetAsideLately(path)) return undefined
    const aside = asideName(path, Date.now())
    // The database comes last: whoever finds none begins a new one, of which nothing may be taken away.
    for (const suffix of ['-wal', '-shm', '']) unless('ENOENT', () => renameSync(path + suffix, aside + suffix))
    return aside
  } finally {
    rmSync(claim, { force: true })
  }
}

/** Takes the right to rename, which a process that crashed holds for a while. */
function claimed(claim: string): boolean {
  const held = statSync(claim, { throwIfNoEntry: false })
  if (held !== undefined && Math.abs(Date.now() - held.mtimeMs) > LONGEST_CLAIM) rmSync(claim, { force: true })
  return unless('EEXIST', () => writeFileSync(claim, '', { flag: 'wx', mode: 0o600 }))
}

/** Was it done? Throws what fails with another code. */
function unless(code: string, work: () => void): boolean {
  try {
    work()
    return true
  } catch (error) {
    if ((error as { code?: unknown }).code === code) return false
    throw error
  }
}

/** Names sort by time, and have no character that a file system refuses. */
function asideName(path: string, time: number): string {
  return join(dirname(path), `${basename(path)}.broken-${new Date(time).toISOString().replaceAll(':', '.')}`)
}
