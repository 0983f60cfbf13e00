import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { createCache } from '@granary/core'
import { sqlite } from '../../src/index.js'

const KEYS = 60
/** Bits flipped at once: one shows what each does, many what they do together. */
const AT_ONCE = [1, 1, 1, 2, 4, 8, 16]

export interface FlipFigures {
  flips: number
  rounds: number
  reads: number
  hits: number
  /** Reads that were a miss, all of them counted by the cache; and how many it counted. */
  misses: number
  countedMisses: number
  /** Rounds with a miss of which no failure was told: whoever reads cannot know that there was an entry. */
  quiet: number
  /** Files that were set aside. */
  setAside: number
  /** Hits with a value from before the key's last change, where the end of the WAL was lost: what SQLite goes back to. */
  rolledBack: number
  /** Such hits although nothing was lost: what remembers the change was changed itself, which no checksum covers. */
  revived: number
  /** Hits with anything else. */
  wrong: number
  /** Reads that threw or rejected. */
  broken: number
  /** Rounds after which no value could be kept: the layer is off, and tells so. */
  off: number
  /** Rounds in which it was off and did not tell. */
  silent: number
}

/** A file, with a WAL that holds its newer half or without one, and what every key ever had, the newest last. */
interface Base {
  readonly db: Buffer
  readonly wal: Buffer | undefined
  readonly history: ReadonlyMap<string, readonly unknown[]>
}

/** Flips random bits of a file and its WAL, so many in all, and reads every key each time, with no memory layer before. */
export async function flipBits(flips: number): Promise<FlipFigures> {
  const bases = [await makeBase(true), await makeBase(false)]
  const figures: FlipFigures = {
    ...{ flips: 0, rounds: 0, reads: 0, hits: 0, misses: 0, countedMisses: 0, quiet: 0 },
    ...{ setAside: 0, rolledBack: 0, revived: 0, wrong: 0, broken: 0, off: 0, silent: 0 },
  }
  while (figures.flips < flips) {
    const count = AT_ONCE[figures.rounds % AT_ONCE.length] as number
    await flipOnce(bases[figures.rounds % bases.length] as Base, count, figures)
    figures.flips += count
    figures.rounds++
  }
  return figures
}

async function flipOnce({ db, wal, history }: Base, count: number, figures: FlipFigures): Promise<void> {
  const directory = temporary()
  const path = join(directory, 'granary.db')
  const inWal = wal !== undefined && Math.random() < 0.5
  writeFileSync(path, inWal ? db : flip(db, count))
  if (wal !== undefined) writeFileSync(`${path}-wal`, inWal ? flip(wal, count) : wal)

  const cache = createCache({ layers: [sqlite({ path })] })
  let failures = 0
  let missed = 0
  cache.on(({ type }) => void (type === 'failure' && failures++))
  for (const [key, values] of history) {
    figures.reads++
    try {
      const value = await cache.get(key)
      const age = values.findLastIndex((one) => isDeepStrictEqual(one, value))
      if (value !== undefined) figures.hits++
      else if (values.at(-1) !== undefined) missed++
      if (age < 0 && value !== undefined) figures.wrong++
      else if (value !== undefined && age < values.length - 1) figures[inWal ? 'rolledBack' : 'revived']++
    } catch {
      figures.broken++
    }
  }
  figures.misses = figures.reads - figures.hits - figures.broken
  figures.countedMisses += (await cache.stats()).misses
  if (missed > 0 && failures === 0) figures.quiet++
  await cache.set('new', 'value')
  if ((await cache.get('new')) !== 'value') {
    figures.off++
    if (failures === 0) figures.silent++
  }
  await cache.close()
  figures.setAside += readdirSync(directory).filter(
    (name) => name.includes('.broken-') && !/-(wal|shm)$/.test(name),
  ).length
  rmSync(directory, { recursive: true })
}

function flip(intact: Buffer, count: number): Buffer {
  const bytes = Buffer.from(intact)
  for (let i = 0; i < count; i++) {
    const at = Math.floor(Math.random() * bytes.length)
    bytes[at] = (bytes[at] as number) ^ (1 << Math.floor(Math.random() * 8))
  }
  return bytes
}

async function makeBase(withWal: boolean): Promise<Base> {
  const directory = temporary()
  const path = join(directory, 'granary.db')
  const copies = mkdtempSync(join(directory, 'copies-'))
  const history = new Map<string, unknown[]>()
  for (const half of [0, 1]) {
    const cache = createCache({ layers: [sqlite({ path })], ttl: 'forever' })
    for (let i = 0; i < KEYS; i++) {
      if (half === 1 && i % 3 === 0) continue
      const key = `key ${i}`
      const value = { key, half, text: `${i} of ${half} `.repeat((i * 7) % 90) }
      history.set(key, [...(history.get(key) ?? []), value])
      await cache.set(key, value, { tags: [`tag ${i % 10}`] })
    }
    for (const i of half === 0 ? [3, 4] : [30, 31]) {
      await cache.delete(`key ${i}`)
      history.get(`key ${i}`)?.push(undefined)
    }
    await cache.invalidateTags([`tag ${half + 5}`])
    for (let i = half + 5; i < KEYS; i += 10) history.get(`key ${i}`)?.push(undefined)
    // Copied by another process: closing the file in this one would drop SQLite's locks.
    if (half === 1 && withWal) execFileSync('cp', [path, `${path}-wal`, copies])
    await cache.close()
  }
  if (!withWal) execFileSync('cp', [path, copies])
  const db = readFileSync(join(copies, 'granary.db'))
  const wal = withWal ? readFileSync(join(copies, 'granary.db-wal')) : undefined
  rmSync(directory, { recursive: true })
  return { db, wal, history }
}

/** In memory where there is such a file system: thousands of files are made. */
function temporary(): string {
  return mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'granary-flips-'))
}
