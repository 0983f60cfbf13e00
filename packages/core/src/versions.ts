import type { Cache, NamedEntry } from './cache.js'
import { type Duration, parseDuration } from './duration.js'
import { namespaceNames } from './namespace.js'

const PREFIX = 'version:'
/** Entries deleted at once. */
const PAGE = 256

/** What is kept of one version of a worker. */
export interface VersionInfo {
  readonly version: string
  readonly entries: number
  /** Where the stores know. */
  readonly bytes: number
  /** When its newest entry was made, in milliseconds since the Unix epoch. */
  readonly newest: number
}

/** One entry of a worker. */
export interface WorkerEntry extends NamedEntry {
  readonly version: string
}

/** The namespace of one version of a worker, in that of the worker. */
export function versionOf(worker: Cache, version: string): Cache {
  return worker.namespace(PREFIX + version)
}

/** The entries of all versions of a worker. */
export async function* workerEntries(worker: Cache): AsyncGenerator<WorkerEntry> {
  for await (const entry of worker.entries()) {
    const name = namespaceNames(entry.namespace).at(-1)
    if (name?.startsWith(PREFIX)) yield { ...entry, version: name.slice(PREFIX.length) }
  }
}

/** The versions that have entries, newest first. */
export async function listVersions(worker: Cache): Promise<VersionInfo[]> {
  const found = new Map<string, VersionInfo>()
  for await (const { version, size = 0, createdAt } of workerEntries(worker)) {
    const known = found.get(version) ?? { version, entries: 0, bytes: 0, newest: 0 }
    found.set(version, {
      version,
      entries: known.entries + 1,
      bytes: known.bytes + size,
      newest: Math.max(known.newest, createdAt),
    })
  }
  return [...found.values()].sort((a, b) => b.newest - a.newest)
}

/** Clears every version but these; which were cleared. */
export async function clearVersions(worker: Cache, except: readonly string[]): Promise<string[]> {
  const versions = await listVersions(worker)
  const old = versions.map(({ version }) => version).filter((version) => !except.includes(version))
  await Promise.all(old.map((version) => versionOf(worker, version).clear()))
  return old
}

/** Deletes the entries that were made longer ago than this; how many. */
export async function clearOld(worker: Cache, olderThan: Duration, now: number): Promise<number> {
  const before = now - parseDuration(olderThan, 'olderThan')
  let cleared = 0
  const pages = new Map<string, string[]>()
  const flush = async (version: string, keys: string[]): Promise<void> => {
    const deleted = await versionOf(worker, version).deleteMany(keys)
    cleared += deleted.filter(Boolean).length
  }
  for await (const { version, key, createdAt } of workerEntries(worker)) {
    if (createdAt >= before) continue
    const page = pages.get(version) ?? []
    pages.set(version, page)
    page.push(key)
    if (page.length >= PAGE) await flush(version, page.splice(0))
  }
  for (const [version, keys] of pages) if (keys.length > 0) await flush(version, keys)
  return cleared
}
