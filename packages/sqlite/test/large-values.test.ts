import { existsSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type CacheEvent, createCache } from '@granary/core'
import { expect, it, onTestFinished } from 'vitest'
import { LARGE } from '../src/large-values.js'
import { pointerBytes, pointerIn } from '../src/pointer.js'
import { sqlite } from '../src/sqlite.js'
import { createValueFiles } from '../src/value-files.js'
import { blocked } from './support/event-loop.js'
import { tempFile } from './support/files.js'

/** Bytes that no other number has. */
function valueNumber(number: number, length = LARGE): Uint8Array {
  return new Uint8Array(length).map((_, i) => (i * 7 + number) % 251)
}

function opened(path: string, options = {}) {
  const cache = createCache({ layers: [sqlite({ path, ...options })] })
  const failures: CacheEvent[] = []
  cache.on((event) => event.type === 'failure' && failures.push(event))
  onTestFinished(() => cache.close())
  return { cache, failures, files: () => (existsSync(`${path}-values`) ? readdirSync(`${path}-values`) : []) }
}

/** Makes all files look as if they had been written long ago. */
function age(path: string): void {
  for (const name of readdirSync(`${path}-values`)) utimesSync(join(`${path}-values`, name), 1, 1)
}

it('a value of 4 MB or more is in a file of its own, which nobody else may read, and survives a restart', async () => {
  const path = tempFile()
  const { cache, files } = opened(path)
  expect(await cache.set('small', valueNumber(1, 1_000_000))).toBe(true)
  expect(files()).toEqual([])
  expect(await cache.set('large', valueNumber(2))).toBe(true)
  expect(files()).toHaveLength(1)
  expect(statSync(`${path}-values`).mode & 0o777).toBe(0o700)
  expect(statSync(join(`${path}-values`, files()[0] as string)).mode & 0o777).toBe(0o600)
  await cache.close()
  expect(statSync(path).size).toBeLessThan(2_000_000)
  expect(await opened(path).cache.get('large')).toEqual(valueNumber(2))
})

it('P3: sets and deletes of a key take effect in the order of their calls, whatever their size', async () => {
  const { cache } = opened(tempFile())
  const first = cache.set('k', valueNumber(1))
  const second = cache.set('k', 'small')
  expect(await cache.get('k')).toBe('small')
  await Promise.all([first, second])
  const third = cache.set('k', valueNumber(3))
  const deleted = cache.delete('k')
  expect(await cache.get('k')).toBeUndefined()
  await third
  expect(await deleted).toBe(true)
})

it('fault 40: it counts with its size, makes others go, and is refused where it is larger than the store', async () => {
  const path = tempFile()
  const store = sqlite({ path, maxBytes: 3 * LARGE })
  const cache = createCache({ layers: [store] })
  onTestFinished(() => cache.close())
  for (let i = 0; i < 4; i++) await cache.set(`k${i}`, valueNumber(i))
  const { bytes = 0, entries = 0 } = (await store.stats?.()) ?? {}
  expect(bytes).toBeLessThanOrEqual(3 * LARGE)
  expect(entries).toBeGreaterThanOrEqual(1)
  expect(await cache.set('larger', valueNumber(5, 3 * LARGE + 1))).toBe(false)
  expect(await cache.get('larger')).toBeUndefined()
})

it('files of values that are gone are removed, and no others', async () => {
  const path = tempFile()
  const { cache, files } = opened(path)
  for (let i = 0; i < 4; i++) await cache.set(`k${i}`, valueNumber(i))
  await cache.set('k1', valueNumber(10))
  await cache.delete('k2')
  expect(files()).toHaveLength(5)
  age(path)
  await cache.prune()
  await cache.prune()
  expect(files()).toHaveLength(3)
  expect(await cache.get('k1')).toEqual(valueNumber(10))
  await cache.clear()
  await cache.prune()
  expect(files()).toEqual([])
})

it('fault 33: a file that a crash left without a row is removed, once it is old; one that is being written is not', async () => {
  const directory = `${tempFile()}-values`
  const files = createValueFiles(directory, true)
  const { name } = await files.write(valueNumber(1))
  const kept = await files.write(valueNumber(2))
  const collect = () => files.collect(() => new Set([kept.name]))
  await collect()
  await collect()
  expect(readdirSync(directory).sort()).toEqual([kept.name, name].sort())
  utimesSync(join(directory, name), 1, 1)
  await collect()
  expect(readdirSync(directory)).toEqual([kept.name])
  expect(await files.read(kept)).toEqual(Buffer.from(valueNumber(2)))
})

it('fault 36: a flipped bit, half a file or none is a counted miss', async () => {
  const path = tempFile()
  const { cache, failures, files } = opened(path)
  const file = () => join(`${path}-values`, files()[0] as string)
  const damages: (() => void)[] = [
    () => {
      const bytes = readFileSync(file())
      bytes[LARGE >> 1] = (bytes[LARGE >> 1] as number) ^ 4
      writeFileSync(file(), bytes)
    },
    () => writeFileSync(file(), readFileSync(file()).subarray(0, LARGE / 2)),
    () => rmSync(file()),
  ]
  await cache.set('k', valueNumber(1))
  for (const [i, damage] of damages.entries()) {
    damage()
    expect(await cache.get('k')).toBeUndefined()
    expect(failures).toHaveLength(i + 1)
  }
  expect(await cache.set('k', valueNumber(2))).toBe(true)
  expect(await cache.get('k')).toEqual(valueNumber(2))
})

it('P7: where no file can be written the value is in its row', async () => {
  const path = tempFile()
  const { cache } = opened(path)
  await cache.set('first', 1)
  writeFileSync(`${path}-values`, 'in the way')
  expect(await cache.set('k', valueNumber(1))).toBe(true)
  expect(await cache.get('k')).toEqual(valueNumber(1))
})

it('T11: 16 MB do not keep the event loop for long', async () => {
  const { cache } = opened(tempFile())
  const value = valueNumber(1, 16 * 1024 ** 2)
  await cache.set('warm', valueNumber(2))
  const { max } = await blocked(() => cache.set('k', value))
  expect(max).toBeLessThan(50 * 5)
})

it('a pointer comes back as it was, and no other bytes are one', () => {
  const pointer = { name: 'ab'.repeat(16), length: 2 ** 40 + 5 }
  expect(pointerIn(pointerBytes(pointer))).toEqual(pointer)
  const wrong = pointerBytes(pointer)
  wrong[3] = 2
  for (const bytes of [wrong, new Uint8Array(0), new Uint8Array(26), pointerBytes(pointer).subarray(1)])
    expect(pointerIn(bytes)).toBeUndefined()
})
