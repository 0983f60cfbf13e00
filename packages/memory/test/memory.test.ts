import { type Entry, GranaryError, type KeyedInfo, type Store, type StoreStats } from '@granary/core'
import { entryOf, FakeClock } from '@granary/testkit'
import { describe, expect, it } from 'vitest'
import { type MemoryOptions, memory } from '../src/index.js'

const infosOf = (store: Store) => [...((store.entries?.() ?? []) as Iterable<KeyedInfo>)]

const keysOf = (store: Store) =>
  infosOf(store)
    .map((info) => info.key)
    .sort()

const statsOf = (store: Store) => (store.stats?.() ?? {}) as StoreStats

const fill = (store: Store, keys: Iterable<string>, value: unknown = 1) => {
  for (const key of keys) void store.set(key, entryOf(value))
}

it('answers at once with the very entry that was set', () => {
  const store = memory()
  const entry = entryOf({ a: [1] })
  expect(store.set('k', entry)).toEqual({ stored: true })
  expect(store.get('k')).toBe(entry)
  expect(store.local).toBe(true)
})

it('gives back an expired entry: freshness is judged above it', () => {
  const store = memory()
  const entry = entryOf(1, { freshUntil: 2, staleUntil: 3 })
  void store.set('k', entry)
  expect(store.get('k')).toBe(entry)
})

describe('the limit of entries', () => {
  it('keeps the entries used last', () => {
    const store = memory({ maxEntries: 3 })
    fill(store, ['a', 'b', 'c'])
    void store.get('a')
    fill(store, ['d'])
    expect(keysOf(store)).toEqual(['a', 'c', 'd'])
  })

  it('keeps the entries written last, under fifo', () => {
    const store = memory({ maxEntries: 3, policy: 'fifo' })
    fill(store, ['a', 'b', 'c'])
    void store.get('a')
    fill(store, ['d'])
    expect(keysOf(store)).toEqual(['b', 'c', 'd'])
    fill(store, ['b', 'e'])
    expect(keysOf(store)).toEqual(['b', 'd', 'e'])
  })

  it('is never exceeded', () => {
    const store = memory({ maxEntries: 10 })
    for (let i = 0; i < 1_000; i++) {
      void store.set(`key ${i % 37}`, entryOf(i))
      if (i % 7 === 0) void store.delete(`key ${i % 11}`)
      expect(statsOf(store).entries).toBeLessThanOrEqual(10)
    }
  })
})

describe('the limit of bytes', () => {
  it('is never exceeded, and no entry is forgotten without need', () => {
    const store = memory({ maxBytes: '100kb' })
    let most = 0
    for (let i = 0; i < 1_000; i++) {
      void store.set(`key ${i}`, entryOf(new Uint8Array((i * 7919) % 20_000)))
      const { bytes } = statsOf(store)
      expect(bytes).toBeLessThanOrEqual(102_400)
      most = Math.max(most, bytes)
    }
    expect(most).toBeGreaterThan(80_000)
  })

  it('refuses an entry that alone is larger, and forgets nothing but what its key held', () => {
    const store = memory({ maxBytes: '10kb' })
    fill(store, ['a', 'b', 'huge'])
    expect(store.set('huge', entryOf(new Uint8Array(10_241)))).toEqual({ stored: false, reason: 'too-large' })
    expect(keysOf(store)).toEqual(['a', 'b'])
    expect(store.get('huge')).toBeUndefined()
  })

  it('counts an entry that is overwritten or deleted no longer', () => {
    const store = memory()
    fill(store, ['k'], 'x'.repeat(10_000))
    fill(store, ['k'], 'x')
    expect(statsOf(store).bytes).toBeLessThan(1_000)
    void store.delete('k')
    expect(statsOf(store)).toEqual({ entries: 0, bytes: 0 })
  })
})

describe('entries', () => {
  it('lists keys, metadata and sizes, without values and whatever is added to the entry', () => {
    const store = memory()
    const entry: Entry & { promise?: unknown } = entryOf('secret', { tags: ['t'], cost: 2 })
    void store.set('k', entry)
    entry.promise = 'of the engine'
    const { value: _, promise: __, ...info } = entry
    expect(infosOf(store)).toEqual([{ key: 'k', size: expect.any(Number), ...info }])
  })
})

it('prunes what has expired by its clock, not what is stale', () => {
  const clock = new FakeClock(0)
  const store = memory({ clock })
  void store.set('fresh', entryOf(1, { freshUntil: 200, staleUntil: 200 }))
  void store.set('stale', entryOf(1, { freshUntil: 100, staleUntil: 101 }))
  void store.set('expired', entryOf(1, { freshUntil: 50, staleUntil: 100 }))
  clock.advance(100)
  expect(store.prune?.()).toBe(1)
  expect(keysOf(store)).toEqual(['fresh', 'stale'])
  expect(clock.pending).toBe(0)
})

it('takes its name from its options', () => {
  expect(memory().name).toBe('memory')
  expect(memory({ name: 'near' }).name).toBe('near')
})

describe('misuse', () => {
  it.each<[string, unknown]>([
    ['maxEntries', 0],
    ['maxEntries', 1.5],
    ['maxEntries', Number.NaN],
    ['maxEntries', Number.POSITIVE_INFINITY],
    ['maxEntries', '100'],
    ['maxEntries', 2 ** 24],
    ['maxBytes', 0],
    ['maxBytes', '64 MiB'],
    ['policy', 'toString'],
    ['policy', 'lfu'],
    ['name', ''],
    ['ttl', '1h'],
  ])('refuses %s: %s, and names the option', (option, value) => {
    const open = () => memory({ [option]: value } as MemoryOptions)
    expect(open).toThrow(GranaryError)
    expect(open).toThrow(expect.objectContaining({ code: 'INVALID_OPTION', message: expect.stringContaining(option) }))
  })

  it('names the options that there are', () => {
    const open = () => memory({ max: 10 } as MemoryOptions)
    expect(open).toThrow('memory has no option max; it has maxEntries, maxBytes, policy, name, clock')
  })
})
