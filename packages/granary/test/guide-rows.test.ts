// Rows of the feature list that only memory and disk together show.
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { createCache } from '@granary/core'
import { memory } from '@granary/memory'
import { sqlite } from '@granary/sqlite'
import { FakeClock } from '@granary/testkit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { cached, openCache } from '../src/index.js'

const THREAD = fileURLToPath(new URL('./thread.mjs', import.meta.url))

let folder: string
let clock: FakeClock

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'granary-rows-'))
  clock = new FakeClock()
})

afterEach(() => rmSync(folder, { recursive: true, force: true }))

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

describe('G1: one file for all', () => {
  it('G1: four worker threads at once get the same results, and compute each about once', {
    timeout: 60_000,
  }, async () => {
    const threads = Array.from({ length: 4 }, () => new Worker(THREAD, { workerData: folder }))
    const answers = await Promise.all(threads.map(async (thread) => (await once(thread, 'message'))[0]))
    const expected = Array.from({ length: 40 }, (_, n) => n * n)
    for (const { squares } of answers) expect(squares).toEqual(expected)
    const computed = answers.reduce((sum, answer) => sum + answer.computed, 0)
    expect(computed).toBeGreaterThanOrEqual(40)
    expect(computed).toBeLessThan(80)
    await Promise.all(threads.map((thread) => thread.terminate()))
  })
})

describe('G5: why to cache', () => {
  it('G5: equal calls at once are one, the second program computes nothing, and a test need not compute at all', async () => {
    let calls = 0
    const ask = async (question: string) => {
      calls++
      await settled()
      return question.length
    }
    await using first = openCache(folder, { clock })
    const asked = cached(ask, { name: 'ask', cache: first })
    expect(await Promise.all(Array.from({ length: 50 }, () => asked('why?')))).toEqual(Array(50).fill(4))
    await first.close()

    await using second = openCache(folder, { clock })
    expect(await cached(ask, { name: 'ask', cache: second })('why?')).toBe(4)
    expect(calls).toBe(1)

    const offline = cached(ask, { name: 'ask', cache: second, mode: 'only-if-cached' })
    await expect(offline('why not?')).rejects.toMatchObject({ code: 'NOT_CACHED' })
    expect(calls).toBe(1)
  })
})

describe('G8: several layers', () => {
  const open = () =>
    createCache({
      layers: [
        memory({ name: 'near', maxEntries: 10, clock }),
        memory({ name: 'middle', clock }),
        sqlite({ path: join(folder, 'g8.db'), clock }),
      ],
      clock,
      ttl: '1h',
    })

  it('G8: a disk hit is promoted to all layers above it, with the life that it has left', async () => {
    const first = open()
    await first.set('key', 'value')
    await first.close()
    clock.advance('50m')
    await using second = open()
    for (let i = 0; i < 3; i++) expect(await second.get('key')).toBe('value')
    const { layers } = await second.stats()
    expect(layers.map(({ name, hits }) => [name, hits])).toEqual([
      ['near', 2],
      ['middle', 0],
      ['sqlite', 1],
    ])
    expect(layers.map(({ entries }) => entries)).toEqual([1, 1, 1])
    clock.advance('10m')
    expect(await second.get('key')).toBeUndefined()
  })

  it('G8: many hits of the disk are promoted at once', async () => {
    const keys = Array.from({ length: 30 }, (_, i) => `key ${i}`)
    const first = open()
    await first.setMany(keys.map((key, i) => [key, i]))
    await first.close()
    await using second = open()
    expect(await second.getMany(keys)).toEqual(keys.map((_, i) => i))
    expect((await second.stats()).layers.map(({ entries }) => entries)).toEqual([10, 30, 30])
    await second.getMany(keys)
    expect((await second.stats()).layers[2]?.hits).toBe(30)
  })
})

describe('G15: limits', () => {
  it('G15: by entries, in memory and on the disk; what was used lately stays', async () => {
    await using cache = openCache(folder, { clock, maxEntries: 100, memory: { maxEntries: 10 } })
    await cache.set('used', 1)
    for (let i = 0; i < 300; i++) {
      clock.advance('1s')
      await cache.set(`key ${i}`, i)
      await cache.get('used')
      expect((await cache.stats()).layers[0]?.entries).toBeLessThanOrEqual(10)
    }
    await cache.evict()
    expect((await cache.stats()).layers[1]?.entries).toBeLessThanOrEqual(100)
    expect(await cache.get('used')).toBe(1)
    expect(await cache.has('key 299')).toBe(true)
    expect(await cache.has('key 0')).toBe(false)
  })

  it('G15: by bytes, in memory and on the disk; one that is larger than both is refused, and pushes nothing out', async () => {
    await using cache = openCache(folder, { clock, maxBytes: '100kb', memory: { maxBytes: '50kb' } })
    for (let i = 0; i < 100; i++) await cache.set(`key ${i}`, 'x'.repeat(5_000))
    await cache.evict()
    const { layers } = await cache.stats()
    expect(layers.map(({ bytes }) => bytes <= 102_400)).toEqual([true, true])
    expect(layers[0]?.bytes).toBeLessThanOrEqual(51_200)
    const before = (await cache.stats()).layers[1]?.entries
    expect(await cache.set('huge', 'x'.repeat(200_000))).toBe(false)
    expect(await cache.has('huge')).toBe(false)
    expect((await cache.stats()).layers[1]?.entries).toBe(before)
    expect((await cache.stats()).refusals).toEqual({ 'too-large': 2 })
  })
})
