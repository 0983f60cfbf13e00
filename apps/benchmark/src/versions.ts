import { readFileSync } from 'node:fs'
import { findPackageJSON } from 'node:module'
import { arch, cpus, platform, totalmem } from 'node:os'
import Database from 'better-sqlite3'

const PACKAGES = [
  'lru-cache',
  'better-sqlite3',
  'msgpackr',
  'layered-loader',
  'async-cache-dedupe',
  'cache-manager',
  '@epic-web/cachified',
  'cacheable',
  'bentocache',
]

/** With what, and on what, the figures were taken. */
export function describeRun(): { readonly data: Record<string, unknown>; readonly text: string } {
  const versions = {
    node: process.versions.node,
    v8: process.versions.v8,
    sqlite: sqliteVersion(),
    ...packageVersions(),
  }
  const machine = {
    platform: `${platform()} ${arch()}`,
    cores: cpus().length,
    model: cpus()[0]?.model ?? 'unknown',
    memoryGb: Math.round(totalmem() / 2 ** 30),
  }
  const list = Object.entries(versions).map(([name, version]) => `${name} ${version}`)
  const text = `${list.join(', ')}\n${machine.platform}, ${machine.cores} cores (${machine.model}), ${machine.memoryGb} GB`
  return { data: { takenAt: new Date().toISOString(), versions, machine }, text }
}

function sqliteVersion(): string {
  const db = new Database(':memory:')
  const version = db.prepare<[], string>('SELECT sqlite_version()').pluck().get() ?? 'unknown'
  db.close()
  return version
}

function packageVersions(): Record<string, string> {
  return Object.fromEntries(PACKAGES.map((name) => [name, versionOf(name)]))
}

function versionOf(name: string): string {
  const manifest = findPackageJSON(name, import.meta.url)
  if (manifest === undefined) return 'unknown'
  return (JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version
}
