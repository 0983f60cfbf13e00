import type { KeyedInfo, Store } from '@granary/core'
import { describe, expect, it } from 'vitest'
import { entryOf } from '../src/entry.js'
import { FakeClock } from '../src/fake-clock.js'
import { faulty } from '../src/faulty.js'
import { mapStore } from '../src/map-store.js'

/** A store that is not local: every answer is a promise. */
function asyncStore(): Store<unknown> {
  const store = mapStore()
  return {
    name: 'async',
    durable: true,
    get: async (key) => store.get(key),
    set: async (key, entry) => store.set(key, entry),
    delete: async (key) => store.delete(key),
    clear: async () => store.clear(),
    getMany: async (keys) => keys.map((key) => store.get(key) as undefined),
    entries: () => store.entries?.() ?? [],
  }
}

it('keeps the name and exactly the capabilities of the store', () => {
  const store = faulty(asyncStore())
  expect(store).toMatchObject({ name: 'async', durable: true })
  expect(store.getMany).toBeTypeOf('function')
  expect(store.setMany).toBeUndefined()
  expect(store.local).toBeUndefined()
})

it('lets a local store answer at once while nothing is broken', () => {
  const store = faulty(mapStore())
  const entry = entryOf(1)
  void store.set('k', entry)
  expect(store.get('k')).toBe(entry)
})

it('counts calls, also those that fail', async () => {
  const store = faulty(asyncStore())
  store.fail('get')
  await expect(store.get('k')).rejects.toThrow('get fails')
  store.heal()
  await store.get('k')
  await store.getMany?.(['k'])
  expect(store.calls).toMatchObject({ get: 2, getMany: 1, set: 0 })
})

describe('fail', () => {
  it('fails as often as asked, with the error given, before the store is reached', async () => {
    const store = faulty(asyncStore())
    const error = new TypeError('disk full')
    store.fail('set', { times: 1, error })
    await expect(store.set('k', entryOf(1))).rejects.toBe(error)
    expect(await store.get('k')).toBeUndefined()
    await store.set('k', entryOf(2))
    expect(await store.get('k')).toMatchObject({ value: 2 })
  })

  it('throws from a local store, and fails batches with their single operation', async () => {
    const local = faulty(mapStore())
    local.fail('get')
    expect(() => local.get('k')).toThrow('get fails')
    const store = faulty(asyncStore())
    store.fail('get')
    await expect(store.getMany?.(['k'])).rejects.toThrow('get fails')
  })

  it('fails the reading of entries, and leaves no rejection unhandled', async () => {
    const store = faulty(asyncStore())
    store.fail('entries')
    store.entries?.()
    const read = async () => {
      for await (const _ of store.entries?.() ?? []) expect.unreachable()
    }
    await expect(read()).rejects.toThrow('entries fails')
  })
})

it('lets calls that hang reach the store on heal, in their order', async () => {
  const store = faulty(asyncStore())
  store.hang('set')
  let settled = 0
  const writes = [1, 2].map(async (value) => {
    await store.set('k', entryOf(value))
    settled += 1
  })
  await new Promise(setImmediate)
  expect([settled, store.hanging]).toEqual([0, 2])
  expect(await store.get('k')).toBeUndefined()
  store.heal('get')
  expect(store.hanging).toBe(2)
  store.heal('set')
  await Promise.all(writes)
  expect(await store.get('k')).toMatchObject({ value: 2 })
  expect(store.hanging).toBe(0)
})

it('delays an operation on the clock', async () => {
  const clock = new FakeClock()
  const store = faulty(asyncStore())
  await store.set('k', entryOf(1))
  store.delay('get', 100, clock)
  let found: unknown
  const read = Promise.resolve(store.get('k')).then((entry) => (found = entry))
  clock.advance(99)
  await new Promise(setImmediate)
  expect(found).toBeUndefined()
  clock.advance(1)
  await read
  expect(found).toMatchObject({ value: 1 })
})

it('lists entries as before once healed', async () => {
  const store = faulty(asyncStore())
  await store.set('k', entryOf(1))
  store.fail('entries')
  store.heal()
  const keys: KeyedInfo[] = []
  for await (const info of store.entries?.() ?? []) keys.push(info)
  expect(keys.map((info) => info.key)).toEqual(['k'])
})
