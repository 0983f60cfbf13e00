import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { FakeClock } from '@granary/testkit'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type CacheEvent, type OpenCacheOptions, openCache } from '../src/index.js'

const VISIT = fileURLToPath(new URL('./visit.mjs', import.meta.url))

// Other processes are started here, on a machine that may have more to run.
vi.setConfig({ testTimeout: 60_000 })

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'granary-'))
})

afterEach(() => {
  rmSync(folder, { recursive: true, force: true })
})

/** What another process read under `greeting`; it leaves an `answer`. */
function visit(leave: 'close' | 'exit'): unknown {
  const output = execFileSync(process.execPath, [VISIT, folder, leave])
  return JSON.parse(output.toString()).greeting
}

describe('the folder', () => {
  it('is made by the first call that needs it, for its owner only', async () => {
    const dir = join(folder, 'deep', 'cache')
    await using cache = openCache(dir)
    expect(existsSync(dir)).toBe(false)
    expect(await cache.set('a', 1)).toBe(true)
    expect(readdirSync(dir)).toContain('granary.db')
    if (process.platform !== 'win32') expect(statSync(dir).mode & 0o777).toBe(0o700)
  })

  it('stays where it was when the current directory changes', async () => {
    const before = process.cwd
    process.cwd = () => folder
    await using cache = openCache('kept')
    process.cwd = before
    await cache.set('a', 1)
    expect(existsSync(join(folder, 'kept', 'granary.db'))).toBe(true)
  })

  it('is two caches only for two folders', async () => {
    await using one = openCache(join(folder, 'one'))
    await using other = openCache(join(folder, 'other'))
    await one.set('a', 1)
    expect(await other.get('a')).toBeUndefined()
  })
})

describe('two layers', () => {
  it('answers from SQLite after a restart, then from memory', async () => {
    const compute = () => ({ made: 'once' })
    await openAndClose((cache) => cache.getOrCompute('a', compute))
    await using cache = openCache(folder)
    const layers: string[] = []
    cache.on((event: CacheEvent) => void (event.type === 'hit' && layers.push(event.layer)))
    const fail = () => Promise.reject(new Error('computed again'))
    expect(await cache.getOrCompute('a', fail)).toEqual({ made: 'once' })
    expect(await cache.getOrCompute('a', fail)).toEqual({ made: 'once' })
    expect(layers).toEqual(['sqlite', 'memory'])
  })

  it('keeps on disk what memory has no room for', async () => {
    await using cache = openCache(folder, { memory: { maxEntries: 1 } })
    await cache.setMany([
      ['a', 1],
      ['b', 2],
    ])
    expect(await cache.getMany(['a', 'b'])).toEqual([1, 2])
  })

  it('bounds what is on disk', async () => {
    await using cache = openCache(folder, { maxEntries: 10 })
    for (let i = 0; i < 100; i++) await cache.set(`key ${i}`, i)
    await cache.evict()
    const [, disk] = (await cache.stats()).layers
    expect(disk?.entries).toBeLessThanOrEqual(10)
  })

  it('lives by one clock in both', async () => {
    const clock = new FakeClock()
    await using cache = openCache(folder, { clock, ttl: '1h' })
    await cache.set('a', 1)
    clock.advance(3_600_001)
    expect(await cache.get('a')).toBeUndefined()
    expect(await cache.prune()).toBeGreaterThan(0)
  })
})

describe('two processes', () => {
  it('see what the other has stored', async () => {
    await openAndClose((cache) => cache.set('greeting', { text: 'hello' }))
    expect(visit('close')).toEqual({ text: 'hello' })
    await using cache = openCache(folder)
    expect(await cache.get('answer')).toEqual({ from: 'the other process' })
  })

  it('see it while both are open, and an acknowledged value of one that left without closing', async () => {
    await using cache = openCache(folder)
    await cache.set('greeting', { text: 'hello' })
    expect(visit('exit')).toEqual({ text: 'hello' })
    expect(await cache.get('answer')).toEqual({ from: 'the other process' })
  })

  it('have what was computed, and never awaited to be stored, once the first is closed', async () => {
    const cache = openCache(folder)
    await cache.getOrCompute('greeting', () => 'computed')
    await cache.close()
    expect(visit('close')).toBe('computed')
  })
})

describe('the end', () => {
  it('comes with await using', async () => {
    let left: ReturnType<typeof openCache>
    {
      await using cache = openCache(folder)
      await cache.set('a', 1)
      left = cache
    }
    await expect(left.get('a')).rejects.toMatchObject({ code: 'CLOSED' })
  })

  it('may come twice', async () => {
    const cache = openCache(folder)
    await cache.set('a', 1)
    await cache.close()
    await expect(cache.close()).resolves.toBeUndefined()
  })
})

describe('misuse', () => {
  const misuse: readonly (readonly [string, unknown, RegExp])[] = [
    ['an unknown option', { maxEntry: 5 }, /openCache has no option maxEntry; it has maxEntries, /],
    ['layers, which are its own', { layers: [] }, /openCache has no option layers/],
    ['a limit of no entries on disk', { maxEntries: 0 }, /sqlite: maxEntries: 0 /],
    ['a limit of no entries in memory', { memory: { maxEntries: 0 } }, /^memory\.maxEntries: 0 /],
    ['an unknown option for memory', { memory: { path: 'x' } }, /openCache's memory has no option path/],
    ['a size that is none', { maxBytes: 'much' }, /maxBytes: much is not a size/],
    ['a ttl of 0', { ttl: 0 }, /ttl: 0 is not a duration/],
    ['options that are none', 'ttl', /openCache takes an object/],
  ]

  it.each(misuse)('refuses %s', (_, options, message) => {
    const open = () => openCache(folder, options as OpenCacheOptions)
    expect(open).toThrow(expect.objectContaining({ code: 'INVALID_OPTION', message: expect.stringMatching(message) }))
  })

  it.each([undefined, '', ' ', 7, 'a\0b'])('refuses %j for a folder', (dir) => {
    const open = () => openCache(dir as string)
    expect(open).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION', message: expect.stringContaining('folder') }),
    )
  })

  it('refuses a file, and what is below one', () => {
    const file = join(folder, 'file')
    writeFileSync(file, '')
    const refusal = { code: 'INVALID_OPTION', message: expect.stringContaining('is a file') }
    for (const dir of [file, join(file, 'cache')])
      expect(() => openCache(dir)).toThrow(expect.objectContaining(refusal))
  })
})

it('computes without a cache where the file cannot be used, and says so', async () => {
  writeFileSync(join(folder, 'granary.db'), 'this is no database, whatever its name says'.repeat(100))
  await using cache = openCache(folder)
  const failures: string[] = []
  cache.on((event) => void (event.type === 'failure' && failures.push(event.layer)))
  expect(await cache.getOrCompute('a', () => 'computed')).toBe('computed')
  expect(failures).toContain('sqlite')
})

async function openAndClose(use: (cache: ReturnType<typeof openCache>) => Promise<unknown>): Promise<void> {
  await using cache = openCache(folder)
  await use(cache)
}
