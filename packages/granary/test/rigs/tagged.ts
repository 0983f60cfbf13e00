import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Cache } from '@granary/core'
import { FakeClock } from '@granary/testkit'
import { openCache } from '../../src/index.js'

/** Entries with one tag on all, of all these lives by turns. */
const TTLS = ['1s', '1m', '1h', '30d', 'forever']
const BATCH = 10_000

export interface Judgement {
  /** How long it took to invalidate the tag, in ms. */
  readonly invalidatedIn: number
  /** Entries that were served although they had been invalidated: while the program ran, and after a restart. */
  readonly servedAfter: number
  readonly servedAfterRestart: number
  /** Entries that were served after many marks more, all maintenance done, and another restart. */
  readonly servedInTheEnd: number
  /** Entries of one namespace that was cleared with `clear()`, and served afterwards; and those of others that are left. */
  readonly servedOfCleared: number
  readonly left: number
}

/** Stores that many entries under one tag, over memory and SQLite, invalidates it, and looks for all of them again. */
export async function judgeTagged(count: number): Promise<Judgement> {
  const folder = mkdtempSync(join(tmpdir(), 'granary-tagged-'))
  const clock = new FakeClock()
  const open = () =>
    openCache(folder, { clock, maxBytes: '8gb', memory: { maxEntries: Math.min(count, 200_000), maxBytes: '1gb' } })
  let cache = open()
  try {
    await fill(cache, count, ['everything'])
    const other = cache.namespace('other')
    await fill(other, BATCH, ['else'])
    await fill(cache.namespace('cleared'), BATCH, ['else'])
    const began = performance.now()
    await cache.invalidateTags(['everything'])
    const invalidatedIn = performance.now() - began
    const servedAfter = await served(cache, count)
    await cache.namespace('cleared').clear()
    await cache.close()

    cache = open()
    const servedAfterRestart = await served(cache, count)
    // More marks than a process or a file remembers, and whatever tidies up.
    for (let i = 0; i < 120; i++) {
      await cache.invalidateTags(Array.from({ length: 100 }, (_, n) => `unused:${i}:${n}`))
      await cache.deleteMany(Array.from({ length: 200 }, (_, n) => `absent:${i}:${n}`))
    }
    await cache.prune()
    await cache.evict()
    await cache.close()

    cache = open()
    const servedInTheEnd = await served(cache, count)
    const servedOfCleared = await served(cache.namespace('cleared'), BATCH)
    const left = await served(cache.namespace('other'), BATCH)
    return { invalidatedIn, servedAfter, servedAfterRestart, servedInTheEnd, servedOfCleared, left }
  } finally {
    await cache.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

async function fill(cache: Cache, count: number, tags: readonly string[]): Promise<void> {
  await inBatches(count, async (numbers) => {
    await cache.setMany(numbers.map((n) => [`k${n}`, n, { tags, ttl: TTLS[n % TTLS.length] as string }]))
  })
}

async function served(cache: Cache, count: number): Promise<number> {
  let found = 0
  await inBatches(count, async (numbers) => {
    const values = await cache.getMany(numbers.map((n) => `k${n}`))
    found += values.filter((value) => value !== undefined).length
  })
  return found
}

async function inBatches(count: number, work: (numbers: readonly number[]) => Promise<void>): Promise<void> {
  for (let from = 0; from < count; from += BATCH)
    await work(Array.from({ length: Math.min(BATCH, count - from) }, (_, i) => from + i))
}
