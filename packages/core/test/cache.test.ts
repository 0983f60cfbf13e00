import { describe, expect, expectTypeOf, it } from 'vitest'
import { z } from 'zod'
import { FakeClock, faulty, historyStore, mapStore } from '../../testkit/src/index.js'
import {
  type Cache,
  type CacheOptions,
  createCache,
  defineTask,
  type Entry,
  type NamedEntry,
  type Peeked,
  type Store,
} from '../src/index.js'
import { granaryError } from './expectations.js'
import { batchStore, remoteStore, settled } from './stores.js'

const HOUR = 3_600_000

function open(options: Partial<CacheOptions> = {}) {
  const clock = new FakeClock()
  const cache = createCache({ layers: [mapStore()], clock, ...options })
  return { cache, clock }
}

/** What stacks of layers a promise must hold over. */
const STACKS: Record<string, () => Store[]> = {
  'a near layer': () => [mapStore()],
  'a remote layer': () => [remoteStore()],
  'a layer with a history': () => [historyStore()],
  'near over remote': () => [mapStore(), remoteStore()],
  'near over a history': () => [mapStore(), historyStore()],
  'near over remote over a history': () => [mapStore(), batchStore(), historyStore()],
}
const onAllStacks = describe.each(Object.entries(STACKS).map(([name, make]) => ({ name, make })))

async function list(cache: Cache): Promise<NamedEntry[]> {
  const entries: NamedEntry[] = []
  for await (const entry of cache.entries()) entries.push(entry)
  return entries
}

describe('createCache: misuse', () => {
  it.each<[string, unknown, RegExp]>([
    ['no options', undefined, /createCache takes an object with options: layers, ttl/],
    ['a misspelt option', { layers: [mapStore()], tll: 1 }, /createCache has no option tll; it has layers, ttl/],
    ['no layers', {}, /createCache needs layers, such as \[memory\(\)\]/],
    ['a layer that is not in an array', { layers: mapStore() }, /createCache needs layers/],
    ['an empty list of layers', { layers: [] }, /at least one layer/],
    ['an unknown mode', { layers: [mapStore()], mode: 'fast' }, /mode: there is no mode fast; it is one of use,/],
    ['a mode of Object.prototype', { layers: [mapStore()], mode: 'toString' }, /mode: there is no mode toString/],
    ['unknown values', { layers: [mapStore()], values: 'cloned' }, /values: it is 'frozen' or 'shared'/],
    ['a jitter above 1', { layers: [mapStore()], jitter: 1.1 }, /jitter: 1\.1 is not a part from 0 to 1/],
    ['a negative jitter', { layers: [mapStore()], jitter: -0.1 }, /jitter/],
    ['a jitter of NaN', { layers: [mapStore()], jitter: Number.NaN }, /jitter: NaN/],
    ['a timeout of 0', { layers: [mapStore()], timeout: 0 }, /timeout: 0 is not a duration/],
    ['a timeout of Infinity', { layers: [mapStore()], timeout: Number.POSITIVE_INFINITY }, /timeout/],
  ])('%s gets an INVALID_OPTION that says what to do', (_, options, message) => {
    expect(() => createCache(options as CacheOptions)).toThrow(granaryError('INVALID_OPTION', message))
  })

  it.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY, '0s', '1 hour', 'never', null])(
    'fault 23: a ttl of %o is refused where it is configured',
    (ttl) => {
      expect(() => open({ ttl: ttl as number })).toThrow(granaryError('INVALID_OPTION', /^ttl: /))
    },
  )

  it.each<[string, unknown]>([
    ['a function that makes a store', mapStore],
    ['undefined', undefined],
    ['an object that is no store', {}],
  ])('%s in the place of a layer gets an INVALID_OPTION', (_, layer) => {
    expect(() => createCache({ layers: [layer as Store] })).toThrow(granaryError('INVALID_OPTION'))
  })
})

onAllStacks('over $name', ({ make }) => {
  it.each<[string, unknown]>([
    ['undefined', undefined],
    ['null', null],
    ['0', 0],
    ['-0', -0],
    ['NaN', Number.NaN],
    ["''", ''],
    ['false', false],
    ['0n', 0n],
    ['an empty array', []],
    ['an empty object', {}],
  ])('fault 22: %s is a hit', async (_, value) => {
    const { cache } = open({ layers: make() })
    let computations = 0
    const compute = () => {
      computations++
      return value
    }
    expect(await cache.getOrCompute('k', compute)).toEqual(value)
    await settled()
    expect(await cache.getOrCompute('k', compute)).toEqual(value)
    expect(computations).toBe(1)
    expect(await cache.has('k')).toBe(true)
    expect(Object.is((await cache.peek('k'))?.value, value) || typeof value === 'object').toBe(true)
    expect(await cache.getMany(['k', 'other'])).toEqual([value, undefined])
    await cache.set('set', value)
    expect(await cache.getOrCompute('set', () => 'computed')).toEqual(value)
    expect(await cache.stats()).toMatchObject({ computations: 1 })
  })

  it('sets, gets and deletes as a Map does', async () => {
    const { cache } = open({ layers: make() })
    expect(await cache.get('k')).toBeUndefined()
    expect(await cache.has('k')).toBe(false)
    expect(await cache.set('k', { a: [1] })).toBe(true)
    expect(await cache.get('k')).toEqual({ a: [1] })
    expect(await cache.has('k')).toBe(true)
    expect(await cache.set('k', 2)).toBe(true)
    expect(await cache.get('k')).toBe(2)
    expect(await cache.delete('k')).toBe(true)
    expect(await cache.delete('k')).toBe(false)
    expect(await cache.get('k')).toBeUndefined()
  })

  it('B8: sets, gets and deletes many in the order given', async () => {
    const { cache } = open({ layers: make() })
    expect(
      await cache.setMany([
        ['a', 1],
        ['b', 2, { tags: ['t'] }],
        ['a', 3],
      ]),
    ).toEqual([true, true, true])
    expect(await cache.getMany(['b', 'none', 'a', 'b'])).toEqual([2, undefined, 3, 2])
    expect(await cache.deleteMany(['a', 'none', 'b'])).toEqual([true, false, true])
    expect(await cache.getMany(['a', 'b'])).toEqual([undefined, undefined])
    expect(await cache.getMany([])).toEqual([])
    expect(await cache.setMany([])).toEqual([])
    expect(await cache.deleteMany([])).toEqual([])
  })

  it('P9: serves nothing past its ttl', async () => {
    const { cache, clock } = open({ layers: make(), ttl: '1m' })
    await cache.set('default', 1)
    await cache.set('own', 1, { ttl: '2m' })
    await cache.getOrCompute('computed', () => 1, { ttl: 30_000 })
    await settled()
    clock.advance(29_999)
    expect(await cache.getMany(['default', 'own', 'computed'])).toEqual([1, 1, 1])
    clock.advance(1)
    expect(await cache.getMany(['default', 'own', 'computed'])).toEqual([1, 1, undefined])
    expect(await cache.getOrCompute('computed', () => 2)).toBe(2)
    clock.advance(30_000)
    expect([await cache.get('default'), await cache.has('default'), await cache.peek('default')]).toEqual([
      undefined,
      false,
      undefined,
    ])
    expect(await cache.get('own')).toBe(1)
    clock.advance('1m')
    expect(await cache.get('own')).toBeUndefined()
  })

  it('fault 23: keeps for more than 24.8 days, and forever', async () => {
    const { cache, clock } = open({ layers: make() })
    await cache.set('long', 1, { ttl: '100d' })
    await cache.set('ever', 1, { ttl: 'forever' })
    clock.advance('99d')
    expect(await cache.getMany(['long', 'ever'])).toEqual([1, 1])
    clock.advance('1d')
    expect(await cache.getMany(['long', 'ever'])).toEqual([undefined, 1])
    clock.advance(1_000 * 365 * 24 * HOUR)
    expect(await cache.get('ever')).toBe(1)
    expect(clock.pending, 'no timers of entries').toBe(0)
  })

  it('B6: a tag invalidates every entry that has it, in all namespaces, and none that is set afterwards', async () => {
    const { cache } = open({ layers: make() })
    const inner = cache.namespace('a').namespace('b')
    await cache.set('both', 1, { tags: ['t', 'u'] })
    await cache.set('other', 1, { tags: ['u', 'tt'] })
    await cache.set('none', 1)
    await inner.set('in', 1, { tags: ['t'] })
    await inner.getOrCompute('late', (run) => {
      run.tag('t', 'x')
      return 1
    })
    await settled()
    await cache.invalidateTags(['t', 'unknown'])
    expect(await cache.getMany(['both', 'other', 'none'])).toEqual([undefined, 1, 1])
    expect(await inner.getMany(['in', 'late'])).toEqual([undefined, undefined])
    await cache.set('both', 2, { tags: ['t', 'u'] })
    expect(await cache.get('both')).toBe(2)
    await inner.invalidateTags(['u'])
    expect(await cache.getMany(['both', 'other', 'none'])).toEqual([undefined, undefined, 1])
  })

  it('B7: fault 12: clear covers a namespace and those below it, and no neighbour', async () => {
    const { cache } = open({ layers: make() })
    const names = ['te', 'te*', 'tenant2', 'te:x', 't', '*']
    const spaces = names.map((name) => cache.namespace(name))
    const below = cache.namespace('te').namespace('below').namespace('deep')
    for (const space of [cache, ...spaces, below]) await space.set('k', 1)
    await cache.namespace('te*').clear()
    expect(await Promise.all(spaces.map((space) => space.has('k')))).toEqual([true, false, true, true, true, true])
    await cache.namespace('te').clear()
    expect(await Promise.all(spaces.map((space) => space.has('k')))).toEqual([false, false, true, true, true, true])
    expect(await below.has('k')).toBe(false)
    expect(await cache.has('k')).toBe(true)
    await below.set('k', 2)
    expect(await below.get('k')).toBe(2)
    await cache.clear()
    expect(await Promise.all([cache, ...spaces, below].map((space) => space.has('k')))).not.toContain(true)
  })

  it('B7: fault 13: keys of different namespaces never meet', async () => {
    const { cache } = open({ layers: make() })
    const places = [
      [cache, 'a:b:k'],
      [cache.namespace('a'), 'b:k'],
      [cache.namespace('a:b'), 'k'],
      [cache.namespace('a').namespace('b'), 'k'],
      [cache, '1:a;b:k'],
      [cache, '\u00011:a;b:k'],
    ] as const
    for (const [i, [space, key]] of places.entries()) await space.set(key, i)
    expect(await Promise.all(places.map(([space, key]) => space.get(key)))).toEqual(places.map((_, i) => i))
  })

  it('B17: lists keys and metadata of a namespace and of those below it, without values', async () => {
    const { cache, clock } = open({ layers: make() })
    const [a, ab] = [cache.namespace('a'), cache.namespace('a').namespace('b')]
    await cache.set('k', 1, { ttl: 1_000 })
    await a.set('k', 2, { tags: ['t'], ttl: 1_000 })
    await ab.set('l', 3)
    await cache.namespace('aa').set('k', 4)
    await cache.set('expired', 1, { ttl: 1 })
    clock.advance(1)
    const now = clock.now()
    const listed = (await list(a)).sort((x, y) => (x.key < y.key ? -1 : 1))
    expect(listed).toMatchObject([
      { key: 'k', namespace: '1:a', tags: ['t'], createdAt: now - 1, freshUntil: now + 999, computeMs: 0, cost: 0 },
      { key: 'l', namespace: '1:a1:b', tags: [] },
    ])
    for (const entry of listed) {
      expect(entry).not.toHaveProperty('value')
      expect(entry).not.toHaveProperty('since')
    }
    expect((await list(cache)).map(({ namespace, key }) => `${namespace}/${key}`).sort()).toEqual(
      ['/k', '1:a/k', '1:a1:b/l', '2:aa/k'].sort(),
    )
  })

  it('B17: lists nothing that was invalidated', async () => {
    const { cache } = open({ layers: make() })
    await cache.set('kept', 1)
    await cache.set('tagged', 1, { tags: ['t'] })
    await cache.namespace('a').set('cleared', 1)
    await cache.namespace('a').clear()
    await cache.invalidateTags(['t'])
    expect((await list(cache)).map(({ key }) => key)).toEqual(['kept'])
  })

  it('fault 21: who changes a value that the cache gave out gets an error or changes a copy', async () => {
    const { cache } = open({ layers: make() })
    const make_ = () => ({ list: [1], at: new Date(0), map: new Map([['a', 1]]), bytes: Uint8Array.of(1) })
    type Value = ReturnType<typeof make_>
    const given = [await cache.getOrCompute('k', make_), await cache.getOrCompute('k', make_)]
    given.push((await cache.get<Value>('k')) as Value, (await cache.peek<Value>('k'))?.value as Value)
    given.push(
      (await cache.getMany<Value>(['k']))[0] as Value,
      (await cache.getOrComputeMany<Value>(['k'], () => []))[0] as Value,
    )
    for (const value of given) {
      expect(() => value.list.push(2)).toThrow(TypeError)
      expect(() => Object.assign(value, { added: 1 })).toThrow(TypeError)
      value.at.setTime(99)
      value.map.set('b', 2)
      value.bytes[0] = 99
    }
    expect(await cache.get('k')).toEqual(make_())
  })

  it('fault 21: who changes what it has set leaves the cache unharmed', async () => {
    const { cache } = open({ layers: make() })
    const [set, computed] = [1, 2].map(() => ({ at: new Date(0), map: new Map([['a', 1]]), bytes: Uint8Array.of(1) }))
    await cache.set('set', set)
    await cache.getOrCompute('computed', () => computed)
    for (const value of [set, computed]) {
      value?.at.setTime(99)
      value?.map.set('b', 2)
      value?.bytes.fill(99)
    }
    const expected = { at: new Date(0), map: new Map([['a', 1]]), bytes: Uint8Array.of(1) }
    expect([await cache.get('set'), await cache.get('computed')]).toEqual([expected, expected])
  })

  it('fault 44: takes any well-formed key, and refuses others with INVALID_KEY', async () => {
    const { cache } = open({ layers: make() })
    const keys = [
      '',
      '\u0000',
      '\u0001',
      '\u0001;',
      '*',
      'a\nb',
      '👩‍🚀',
      '__proto__',
      'constructor',
      'x'.repeat(65_536),
    ]
    for (const [i, key] of keys.entries()) expect(await cache.set(key, i)).toBe(true)
    for (const [i, key] of keys.entries()) expect(await cache.get(key)).toBe(i)
    for (const key of ['x'.repeat(65_537), '\ud800', 7, undefined, null, {}] as string[]) {
      for (const use of [
        () => cache.get(key),
        () => cache.has(key),
        () => cache.peek(key),
        () => cache.delete(key),
        () => cache.set(key, 1),
        () => cache.setMany([[key, 1]]),
        () => cache.getMany([key]),
        () => cache.deleteMany([key]),
        () => cache.getOrCompute(key, () => 1),
        () => cache.getOrComputeMany([key], () => [1]),
        () => cache.namespace('a').get(key),
      ])
        await expect(use()).rejects.toThrow(granaryError('INVALID_KEY'))
    }
  })

  it('after close, everything is refused with CLOSED; closing again is not', async () => {
    const { cache } = open({ layers: make() })
    await cache.set('k', 1)
    await cache.close()
    await cache.close()
    await cache[Symbol.asyncDispose]()
    for (const use of [
      () => cache.get('k'),
      () => cache.has('k'),
      () => cache.peek('k'),
      () => cache.set('k', 1),
      () => cache.delete('k'),
      () => cache.getMany(['k']),
      () => cache.setMany([['k', 1]]),
      () => cache.deleteMany(['k']),
      () => cache.getOrCompute('k', () => 1),
      () => cache.getOrCompute('k', () => 1, { mode: 'bypass' }),
      () => cache.getOrComputeMany(['k'], () => [1]),
      () => cache.invalidateTags(['t']),
      () => cache.clear(),
      () => cache.namespace('a').get('k'),
      () => cache.prune(),
      () => cache.evict(),
      () => list(cache),
    ])
      await expect(use()).rejects.toThrow(granaryError('CLOSED', /createCache/))
  })
})

describe('set', () => {
  it.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY, '0s', 'x'])('fault 23: refuses a ttl of %o', async (ttl) => {
    const { cache } = open()
    await expect(cache.set('k', 1, { ttl })).rejects.toThrow(granaryError('INVALID_OPTION', /^ttl: /))
    await expect(cache.setMany([['k', 1, { ttl }]])).rejects.toThrow(granaryError('INVALID_OPTION'))
    await expect(cache.getOrCompute('k', () => 1, { ttl })).rejects.toThrow(granaryError('INVALID_OPTION'))
    expect(await cache.has('k')).toBe(false)
  })

  it('refuses options that there are not, and tags that are none', async () => {
    const { cache } = open()
    await expect(cache.set('k', 1, { tag: 't' } as never)).rejects.toThrow(
      granaryError('INVALID_OPTION', /no option tag/),
    )
    await expect(cache.set('k', 1, { tags: 't' as never })).rejects.toThrow(granaryError('INVALID_OPTION', /an array/))
    await expect(cache.set('k', 1, { tags: [''] })).rejects.toThrow(granaryError('INVALID_KEY', /a tag is/))
    await expect(cache.getOrCompute('k', () => 1, { tags: ['\ud800'] })).rejects.toThrow(granaryError('INVALID_KEY'))
    await expect(cache.getOrCompute('k', () => 1, { signals: 1 } as never)).rejects.toThrow(
      granaryError('INVALID_OPTION', /no option signals/),
    )
  })

  it('fault 21: refuses what cannot be kept, with its path, and leaves what was there', async () => {
    const { cache } = open()
    await cache.set('k', 1)
    await expect(cache.set('k', { a: { f() {} } })).rejects.toThrow(granaryError('UNSUPPORTED_VALUE', /value\.a\.f/))
    await expect(
      cache.setMany([
        ['l', 1],
        ['k', new Error('x')],
      ]),
    ).rejects.toThrow(granaryError('UNSUPPORTED_VALUE', /value is an instance of Error/))
    expect(await cache.getMany(['k', 'l'])).toEqual([1, undefined])
  })

  it("keeps and gives out a value as it is where values are 'shared'", async () => {
    class Money {
      amount = 1
    }
    const { cache } = open({ values: 'shared' })
    const money = new Money()
    expect(await cache.set('k', money)).toBe(true)
    expect(await cache.get('k')).toBe(money)
    expect(await cache.getOrCompute('computed', () => money)).toBe(money)
    expect(await cache.getOrCompute('computed', () => new Money())).toBe(money)
    expect(Object.isFrozen(money)).toBe(false)
  })
})

describe('misuse of calls', () => {
  it('invalidateTags without tags gets an INVALID_OPTION', async () => {
    await expect(open().cache.invalidateTags(undefined as never)).rejects.toThrow(granaryError('INVALID_OPTION'))
  })

  it('getOrCompute with options of null rejects, and is not thrown at the caller', async () => {
    const { cache } = open()
    const promise = cache.getOrCompute('k', () => 1, null as never)
    await expect(promise).rejects.toThrow(granaryError('INVALID_OPTION'))
  })

  it('P6: a task as a value is the same from every layer, or is not kept', async () => {
    const near = new Map<string, Entry>()
    const Point = defineTask('point', z.object({ x: z.number() }))
    const { cache } = open({ layers: [mapStore({ map: near }), remoteStore()] })
    const read = async () => Point.is(await cache.getOrCompute('k', () => Point({ x: 1 })))
    const kinds = [await read(), await read()]
    near.clear()
    kinds.push(await read())
    expect(kinds).toEqual([true, true, true])
  })
})

describe('peek', () => {
  it('gives the value and its metadata, and counts nothing', async () => {
    const { cache, clock } = open({ layers: [mapStore({ name: 'near' }), remoteStore({ name: 'far' })] })
    await cache.getOrCompute(
      'k',
      (run) => {
        clock.advance(250)
        run.cost = 0.5
        run.tag('u')
        return undefined
      },
      { ttl: 1_000, tags: ['t'] },
    )
    const now = clock.now()
    expect(await cache.peek('k')).toEqual({
      value: undefined,
      namespace: '',
      tags: ['t', 'u'],
      createdAt: now,
      freshUntil: now + 1_000,
      staleUntil: now + 1_000,
      computeMs: 250,
      cost: 0.5,
      layer: 'near',
    })
    expect(await cache.peek('none')).toBeUndefined()
    expect(await cache.stats()).toMatchObject({ hits: 0, misses: 1 })
    expectTypeOf(cache.peek<string>('k')).toEqualTypeOf<Promise<Peeked<string> | undefined>>()
  })

  it('says which layer answered', async () => {
    const map = new Map<string, Entry>()
    const { cache } = open({ layers: [mapStore({ name: 'near', map }), remoteStore({ name: 'far' })] })
    await cache.set('k', 1)
    map.clear()
    expect((await cache.peek('k'))?.layer).toBe('far')
    expect((await cache.peek('k'))?.layer).toBe('near')
  })
})

describe('delete', () => {
  it('says that there was nothing to delete where there was no entry to read', async () => {
    const { cache, clock } = open()
    await cache.set('expired', 1, { ttl: 1 })
    await cache.set('invalidated', 1, { tags: ['t'] })
    await cache.namespace('a').set('cleared', 1)
    clock.advance(1)
    await cache.invalidateTags(['t'])
    await cache.namespace('a').clear()
    expect(await cache.getMany(['expired', 'invalidated'])).toEqual([undefined, undefined])
    expect(await cache.deleteMany(['expired', 'invalidated'])).toEqual([false, false])
    expect(await cache.namespace('a').delete('cleared')).toBe(false)
  })
})

describe('namespace', () => {
  it('refuses a name that is none', () => {
    const { cache } = open()
    for (const name of ['', '\ud800', 'x'.repeat(1_025), undefined])
      expect(() => cache.namespace(name as string)).toThrow(granaryError('INVALID_KEY', /a namespace is/))
  })

  it('shares counts between views of one, and adds them to what contains it', async () => {
    const { cache } = open()
    await cache.namespace('a').set('k', 1)
    await cache.namespace('a').get('k')
    await cache.namespace('a').namespace('b').get('k')
    await cache.get('k')
    expect(await cache.namespace('a').namespace('b').stats()).toMatchObject({ hits: 0, misses: 1 })
    expect(await cache.namespace('a').stats()).toMatchObject({ hits: 1, misses: 1, hitRate: 0.5, stores: 1 })
    expect(await cache.stats()).toMatchObject({ hits: 1, misses: 2 })
  })

  it('fault 44: a key that is refused leaves nothing behind', async () => {
    const { cache } = open()
    const kept: string[] = []
    const { set } = Map.prototype
    Map.prototype.set = function (this: Map<unknown, unknown>, key, value) {
      if (typeof key === 'string' && key.length > 65_536) kept.push(`${key.length} characters`)
      return set.call(this, key, value)
    }
    try {
      await expect(cache.namespace('a').get('x'.repeat(1_000_000))).rejects.toThrow(granaryError('INVALID_KEY'))
    } finally {
      Map.prototype.set = set
    }
    expect(kept).toEqual([])
  })
})

describe('entries, prune, evict', () => {
  it('lists an entry once that is in several layers, the nearest one’s', async () => {
    const { cache } = open({ layers: [mapStore(), remoteStore(), historyStore()] })
    await cache.set('a', 1)
    await cache.set('b', 1)
    expect((await list(cache)).map(({ key }) => key).sort()).toEqual(['a', 'b'])
  })

  it('may be left early, and written to meanwhile', async () => {
    const { cache } = open()
    for (const key of ['a', 'b', 'c']) await cache.set(key, 1)
    for await (const { key } of cache.entries()) {
      await cache.delete(key)
      break
    }
    expect((await list(cache)).length).toBe(2)
  })

  it('prunes what has expired or was invalidated from the layers', async () => {
    const map = new Map<string, Entry>()
    const { cache, clock } = open({ layers: [mapStore({ map })] })
    await cache.set('expired', 1, { ttl: 1 })
    await cache.set('tagged', 1, { tags: ['t'] })
    await cache.set('kept', 1)
    clock.advance(1)
    await cache.invalidateTags(['t'])
    expect(await cache.prune()).toBe(2)
    expect([...map.keys()]).toEqual(['kept'])
    expect(await cache.prune()).toBe(0)
  })

  it('does not prune what is set meanwhile', async () => {
    const far = faulty(remoteStore())
    const { cache, clock } = open({ layers: [far] })
    for (const key of ['a', 'b']) await cache.set(key, 'old', { ttl: 1 })
    clock.advance(1)
    far.hang('delete')
    const pruning = cache.prune()
    await settled()
    expect(await cache.set('b', 'new')).toBe(true)
    far.heal()
    await pruning
    expect(await cache.get('b')).toBe('new')
  })

  it('applies the limits of every layer', async () => {
    const layers = [3, 4].map((count) => ({ ...mapStore({ name: `${count}` }), evict: () => count }))
    expect(await open({ layers }).cache.evict()).toBe(7)
    expect(await open().cache.evict()).toBe(0)
  })
})

describe('close', () => {
  it('waits for what is being written, then closes every layer, once', async () => {
    const clock = new FakeClock()
    const far = faulty(remoteStore())
    const near = faulty(mapStore())
    const { cache } = open({ layers: [near, far], clock })
    far.delay('set', 100, clock)
    await cache.getOrCompute('k', () => 1)
    const setting = cache.set('l', 1)
    let closed = false
    const closing = Promise.all([cache.close(), cache.close()]).then(() => {
      closed = true
    })
    await settled()
    expect([closed, far.calls.close]).toEqual([false, 0])
    clock.advance(100)
    await closing
    expect(await setting).toBe(true)
    expect([near.calls.close, far.calls.close, far.calls.set]).toEqual([1, 1, 2])
  })

  it('does not store what is computed afterwards, and gives it to its callers', async () => {
    const far = faulty(remoteStore())
    const { cache } = open({ layers: [far] })
    const { promise, resolve } = Promise.withResolvers<number>()
    const computing = cache.getOrCompute('k', () => promise)
    await settled()
    await cache.close()
    resolve(1)
    expect(await computing).toBe(1)
    expect(far.calls.set).toBe(0)
    expect(await cache.stats()).toMatchObject({ refusals: { closed: 1 } })
  })

  it('is called where `await using` ends', async () => {
    const near = faulty(mapStore())
    {
      await using cache = open({ layers: [near] }).cache
      await cache.set('k', 1)
    }
    expect(near.calls.close).toBe(1)
  })

  it('P7: does not reject for a layer that fails to close, and closes the others', async () => {
    const [near, far] = [faulty(mapStore()), faulty(remoteStore())]
    near.fail('close')
    const { cache } = open({ layers: [near, far] })
    await cache.close()
    expect(far.calls.close).toBe(1)
  })
})

describe('types', () => {
  it('infer the value from the computation', () => {
    const { cache } = open()
    const text = () => cache.getOrCompute('k', async () => 'text')
    const number = () => cache.getOrCompute('k', ({ signal }) => (signal.aborted ? 1 : Promise.resolve(2)))
    const many = () => cache.getOrComputeMany(['k'], async (keys) => keys.map((key) => key.length))
    expectTypeOf(text).returns.resolves.toEqualTypeOf<string>()
    expectTypeOf(number).returns.resolves.toEqualTypeOf<number>()
    expectTypeOf(many).returns.resolves.toEqualTypeOf<number[]>()
    expectTypeOf(cache.get<Date>).returns.resolves.toEqualTypeOf<Date | undefined>()
    expectTypeOf(cache.get).returns.resolves.toEqualTypeOf<unknown>()
    expectTypeOf(cache.getMany<number>).returns.resolves.toEqualTypeOf<(number | undefined)[]>()
  })
})
