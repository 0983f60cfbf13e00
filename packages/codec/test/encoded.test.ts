import {
  type Awaitable,
  type Codec,
  type Entry,
  GranaryError,
  type SetItem,
  STORED,
  type Store,
  type StoreFailure,
} from '@granary/core'
import { entryOf } from '@granary/testkit'
import { describe, expect, it } from 'vitest'
import { encoded } from '../src/encoded.js'
import { standardCodec } from '../src/standard-codec.js'

/** A store of bytes over a Map that notes its calls. */
function bytesStore() {
  const map = new Map<string, Entry<Uint8Array>>()
  const calls: string[] = []
  const store = {
    name: 'bytes',
    get: (key) => map.get(key),
    set(key, entry) {
      calls.push(`set ${key}`)
      map.set(key, entry)
      return STORED
    },
    delete(key) {
      calls.push(`delete ${key}`)
      return map.delete(key)
    },
    clear() {
      calls.push('clear')
      map.clear()
    },
  } satisfies Store<Uint8Array>
  return { store: store as Store<Uint8Array>, map, calls }
}

/** The standard codec, whose encoding of each value is released by hand. */
function heldCodec() {
  const codec = standardCodec()
  const releases = new Map<unknown, () => void>()
  const slow: Codec = {
    encode: (value, about) =>
      new Promise((resolve, reject) => {
        const run = async () => codec.encode(value, about)
        releases.set(value, () => run().then(resolve, reject))
      }),
    decode: codec.decode,
  }
  return { codec: slow, release: (value: unknown) => releases.get(value)?.() }
}

function listening(store: Store<unknown>): StoreFailure[] {
  const failures: StoreFailure[] = []
  store.observe?.((failure) => failures.push(failure))
  return failures
}

const turnsPassed = () => new Promise<void>((resolve) => setImmediate(resolve))
const held = async (entry: Awaitable<Entry | undefined>) => (await entry)?.value

async function collect<T>(items: Iterable<T> | AsyncIterable<T>): Promise<T[]> {
  const collected: T[] = []
  for await (const item of items) collected.push(item)
  return collected
}

describe('encoded', () => {
  it('is synchronous over a synchronous store and codec', () => {
    const store = encoded(bytesStore().store, standardCodec())
    expect(store.set('k', entryOf({ a: 1 }))).toEqual({ stored: true })
    expect(store.get('k')).toEqual(entryOf({ a: 1 }))
    expect(store.delete('k')).toBe(true)
    expect(store.clear()).toBeUndefined()
  })

  it('gives the backend bytes, with the metadata beside them', () => {
    const { store, map } = bytesStore()
    const entry = entryOf({ a: 1 }, { tags: ['t'], cost: 2 })
    void encoded(store, standardCodec()).set('k', entry)
    expect(map.get('k')).toEqual({ ...entry, value: expect.any(Uint8Array) })
  })

  it('believes the metadata of the bytes, and the backend only about the position', async () => {
    const { store, map } = bytesStore()
    const outer = encoded(store, standardCodec())
    const entry = entryOf(1, { tags: ['t'], freshUntil: 5, since: 3 })
    void outer.set('k', entry)
    map.set('k', { ...(map.get('k') as Entry<Uint8Array>), tags: ['forged'], freshUntil: 99, createdAt: 99, since: 8 })
    expect(await outer.get('k')).toEqual({ ...entry, since: 8 })
  })

  it('has the capabilities of the store below, and no others but observe', () => {
    const { store } = bytesStore()
    const bare = Object.keys(encoded(store, standardCodec())).sort()
    expect(bare).toEqual(['clear', 'delete', 'get', 'name', 'observe', 'set'])
    const all = [
      'getMany',
      'setMany',
      'deleteMany',
      'invalidate',
      'entries',
      'prune',
      'evict',
      'stats',
      'close',
    ] as const
    for (const capability of all) {
      const more = encoded({ ...store, [capability]: () => [] }, standardCodec())
      expect(Object.keys(more).sort()).toEqual([...bare, capability].sort())
    }
    const durable = encoded({ ...store, durable: true, local: true }, standardCodec())
    expect(durable.durable).toBe(true)
    expect(durable.local).toBeUndefined()
    expect(durable.name).toBe('bytes')
  })

  it('passes what the store below reports on to the listener', () => {
    const { store } = bytesStore()
    let tell: (failure: StoreFailure) => void = () => {}
    const failures = listening(
      encoded(
        {
          ...store,
          observe: (listener) => {
            tell = listener
          },
        },
        standardCodec(),
      ),
    )
    const failure: StoreFailure = { operation: 'prune', error: new Error('disk') }
    tell(failure)
    expect(failures).toEqual([failure])
  })
})

describe('P6: what is not intact', () => {
  it('is a miss of that key that the listener is told of', async () => {
    const { store, map } = bytesStore()
    const outer = encoded({ ...store, getMany: (keys) => keys.map((key) => map.get(key)) }, standardCodec())
    const failures = listening(outer)
    for (const key of ['a', 'b', 'c']) void outer.set(key, entryOf(key))
    map.set('b', { ...(map.get('b') as Entry<Uint8Array>), value: new Uint8Array(100) })
    const found = (await outer.getMany?.(['a', 'b', 'missing', 'c'])) ?? []
    expect(found.map((entry) => entry?.value)).toEqual(['a', undefined, undefined, 'c'])
    expect(await outer.get('b')).toBeUndefined()
    expect(failures).toEqual(
      Array(2).fill({ operation: 'get', key: 'b', error: expect.objectContaining({ code: 'CORRUPT' }) }),
    )
  })

  it('fault 14: includes an entry of another key', () => {
    const { store, map } = bytesStore()
    const outer = encoded(store, standardCodec())
    const failures = listening(outer)
    void outer.set('a', entryOf('of a'))
    map.set('b', map.get('a') as Entry<Uint8Array>)
    expect(outer.get('b')).toBeUndefined()
    expect(failures).toMatchObject([{ operation: 'get', key: 'b' }])
  })

  it('is a miss without a listener too, and from an asynchronous codec', async () => {
    const { store, map } = bytesStore()
    map.set('k', { ...entryOf(new Uint8Array(0)) })
    expect(encoded(store, standardCodec()).get('k')).toBeUndefined()
    const late: Codec = { encode: async () => new Uint8Array(), decode: async () => Promise.reject(new Error('late')) }
    expect(await encoded(store, late).get('k')).toBeUndefined()
  })
})

describe('a value that cannot be encoded', () => {
  const bad = () => entryOf({ run: () => 1 })

  it('is refused; an explicit set leaves no older value behind', () => {
    const { store, map } = bytesStore()
    const outer = encoded(store, standardCodec())
    const failures = listening(outer)
    void outer.set('k', entryOf(1))
    expect(outer.set('k', bad())).toEqual({ stored: false, reason: 'unsupported-value' })
    expect(map.size).toBe(0)
    expect(failures).toMatchObject([{ operation: 'set', key: 'k', error: { code: 'UNSUPPORTED_VALUE' } }])
  })

  it('is refused; the result of a computation leaves the older value', () => {
    const { store, map } = bytesStore()
    const outer = encoded(store, standardCodec())
    void outer.set('k', entryOf(1))
    expect(outer.set('k', bad(), 0)).toEqual({ stored: false, reason: 'unsupported-value' })
    expect(map.size).toBe(1)
  })

  it('is refused as failed, where the codec and not the value is the reason', async () => {
    const fail = () => {
      throw new Error('no key')
    }
    const codecs: Codec[] = [
      { ...standardCodec(), encode: fail },
      { ...standardCodec(), encode: async () => fail() },
    ]
    for (const codec of codecs)
      expect(await encoded(bytesStore().store, codec).set('k', entryOf(1))).toEqual({ stored: false, reason: 'failed' })
    const key = new GranaryError('INVALID_KEY', 'no such key')
    const refuse = { ...standardCodec(), encode: () => Promise.reject(key) }
    expect(await encoded(bytesStore().store, refuse).set('k', entryOf(1))).toMatchObject({ reason: 'failed' })
  })

  it('in a batch costs the others nothing, and the last item of a key counts', async () => {
    const { store, map } = bytesStore()
    const setMany = (items: readonly SetItem<Uint8Array>[]) => items.map(({ key, entry }) => store.set(key, entry))
    const outer = encoded({ ...store, setMany: async (items) => Promise.all(setMany(items)) }, standardCodec())
    const item = (key: string, entry: Entry) => ({ key, entry })
    const outcomes = await outer.setMany?.([
      item('a', entryOf(1)),
      item('b', bad()),
      item('b', entryOf(2)),
      item('c', entryOf(3)),
      item('c', bad()),
    ])
    expect(outcomes?.map(({ stored }) => stored)).toEqual([true, false, true, true, false])
    expect([...map.keys()]).toEqual(['a', 'b'])
    expect(outer.get('b')).toMatchObject({ value: 2 })
  })
})

describe('P3: with an asynchronous codec', () => {
  it('writes of a key take effect in the order of their calls, however long each is encoded', async () => {
    const { store, map, calls } = bytesStore()
    const { codec, release } = heldCodec()
    const outer = encoded(store, codec)
    const first = outer.set('k', entryOf('first'))
    const second = outer.set('k', entryOf('second'))
    const deleted = outer.delete('k')
    const third = outer.set('k', entryOf('third'))
    for (const value of ['third', 'second', 'first']) {
      await turnsPassed()
      expect(calls).toEqual([])
      release(value)
    }
    expect(await Promise.all([first, second, deleted, third])).toEqual([STORED, STORED, true, STORED])
    expect(calls).toEqual(['set k', 'set k', 'delete k', 'set k'])
    expect(map.size).toBe(1)
  })

  it('a read sees the writes called before it, and waits for no other key', async () => {
    const { store } = bytesStore()
    const { codec, release } = heldCodec()
    const outer = encoded(store, codec)
    const old = outer.set('k', entryOf('old'))
    release('old')
    await old
    const write = outer.set('k', entryOf('new'))
    const read = held(outer.get('k'))
    expect(outer.get('other')).toBeUndefined()
    release('new')
    expect(await read).toBe('new')
    await write
  })

  it('clear and invalidate come after what was called before them and before what was called after', async () => {
    const { store, calls } = bytesStore()
    const { codec, release } = heldCodec()
    const outer = encoded({ ...store, invalidate: () => void calls.push('invalidate') }, codec)
    const writes = [outer.set('a', entryOf('a1')), outer.set('b', entryOf('b1'))]
    const invalidated = outer.invalidate?.([{ tag: 't' }])
    const later = outer.set('a', entryOf('a2'))
    const cleared = outer.clear()
    const last = outer.set('c', entryOf('c1'))
    const reads = ['a', 'b', 'c'].map((key) => held(outer.get(key)))
    for (const value of ['c1', 'a2', 'b1', 'a1']) {
      release(value)
      await turnsPassed()
    }
    await Promise.all([...writes, invalidated, later, cleared, last])
    expect(calls).toEqual(['set b', 'set a', 'invalidate', 'set a', 'clear', 'set c'])
    expect(await Promise.all(reads)).toEqual([undefined, undefined, 'c1'])
  })

  it('batches and what concerns the whole store wait as well', async () => {
    const { store, map, calls } = bytesStore()
    const { codec, release } = heldCodec()
    const outer = encoded(
      {
        ...store,
        getMany: (keys) => keys.map((key) => map.get(key)),
        deleteMany: (keys) => keys.map((key) => store.delete(key) as boolean),
        stats: () => ({ entries: map.size, bytes: 0 }),
        entries: () => [...map].map(([key, { value, ...info }]) => ({ key, ...info })),
        close: () => void calls.push('close'),
      },
      codec,
    )
    const writes = ['a', 'b'].map((key) => outer.set(key, entryOf(key)))
    const many = outer.getMany?.(['b', 'a', 'x'])
    const stats = outer.stats?.()
    const listed = collect(outer.entries?.() ?? [])
    const deleted = outer.deleteMany?.(['a', 'x'])
    const closed = outer.close?.()
    for (const value of ['b', 'a']) release(value)
    await Promise.all([...writes, closed])
    expect((await many)?.map((entry) => entry?.value)).toEqual(['b', 'a', undefined])
    expect(await stats).toEqual({ entries: 2, bytes: 0 })
    expect((await listed).map(({ key }) => key).sort()).toEqual(['a', 'b'])
    expect(await deleted).toEqual([true, false])
    expect(calls.at(-1)).toBe('close')
  })

  it('a refused value is in its place in the order too', async () => {
    const { store } = bytesStore()
    const { codec, release } = heldCodec()
    const outer = encoded(store, codec)
    const bad = { run: () => 1 }
    const writes = [outer.set('k', entryOf(bad)), outer.set('k', entryOf('good'))]
    release('good')
    await turnsPassed()
    release(bad)
    expect(await Promise.all(writes)).toMatchObject([{ reason: 'unsupported-value' }, STORED])
    expect(await held(outer.get('k'))).toBe('good')
  })

  it('a store that throws fails its own write and no later one', async () => {
    const { store } = bytesStore()
    const { codec, release } = heldCodec()
    let broken = true
    const set: Store<Uint8Array>['set'] = (key, entry) => {
      if (broken) throw new Error('disk full')
      return store.set(key, entry)
    }
    const outer = encoded({ ...store, set }, codec)
    const first = outer.set('k', entryOf('first')) as Promise<unknown>
    const second = outer.set('k', entryOf('second'))
    release('first')
    await expect(first).rejects.toThrow('disk full')
    broken = false
    release('second')
    expect(await second).toEqual(STORED)
    expect(await held(outer.get('k'))).toBe('second')
  })

  it('the store is synchronous again once all is written', async () => {
    const { store } = bytesStore()
    const { codec, release } = heldCodec()
    const outer = encoded(store, codec)
    const writes = [outer.set('k', entryOf('k')), outer.clear()]
    release('k')
    await Promise.all(writes)
    await turnsPassed()
    expect(outer.get('k')).toBeUndefined()
    expect(outer.delete('k')).toBe(false)
  })
})
