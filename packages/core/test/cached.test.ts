import { createHash } from 'node:crypto'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { FakeClock, mapStore } from '../../testkit/src/index.js'
import { type Cache, type CachedOptions, cached, canonical, createCache, GranaryError } from '../src/index.js'
import { granaryError } from './expectations.js'
import { remoteStore, settled } from './stores.js'

function open() {
  const clock = new FakeClock()
  const cache = createCache({ layers: [mapStore(), remoteStore()], clock })
  let calls = 0
  const search = (query: string, options: { depth?: number } = {}) => {
    calls++
    return Promise.resolve(`${query} at ${options.depth ?? 1}`)
  }
  return { cache, clock, search, calls: () => calls }
}

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')

describe('a cached function', () => {
  it('is called once for the same arguments, whatever the order of their properties', async () => {
    const { cache, search, calls } = open()
    const find = cached(search, { name: 'search', cache })
    expect(await find('a', { depth: 2 })).toBe('a at 2')
    expect(await find('a', { depth: 2 })).toBe('a at 2')
    expect(await find('b', { depth: 2 })).toBe('b at 2')
    expect(await find('a')).toBe('a at 1')
    expect(calls()).toBe(3)
    expect(await find.cache.stats()).toMatchObject({ hits: 1, misses: 3, computations: 3 })
    const many = cached((o: object) => Object.keys(o).length, { name: 'many', cache })
    await many({ a: 1, b: 2 })
    await many({ b: 2, a: 1 })
    expect(await many.cache.stats()).toMatchObject({ hits: 1, misses: 1 })
  })

  it('shows its key, which anyone can make again', () => {
    const { cache, search } = open()
    const find = cached(search, { name: 'search', cache, version: 'v2' })
    const key = find.key('a', { depth: 2 })
    expect(key).toMatch(/^[0-9a-f]{64}$/)
    expect(key).toBe(find.key('a', { depth: 2 }))
    expect(
      new Set([key, find.key('a'), find.key('a', {}), cached(search, { name: 'search', cache }).key('a')]).size,
    ).toBe(4)
    expect(cached(search, { name: 'other', cache }).key('a')).not.toBe(
      cached(search, { name: 'search', cache }).key('a'),
    )
  })

  it('has the key that its documentation gives', () => {
    const { cache, search } = open()
    const find = cached(search, { name: 'search', cache, version: 'v2' })
    expect(find.key('a', { depth: 2 })).toBe(sha256(canonical(['granary/1', 'search', 'v2', ['a', { depth: 2 }]])))
  })

  it('has keys that are pinned: a change of the format is noticed', () => {
    const { cache, search } = open()
    expect(cached(search, { name: 'search', cache, version: 'v2' }).key('a', { depth: 2 })).toBe(
      sha256('["granary/1","search","v2",["a",{"depth":2}]]'),
    )
    expect(cached(() => 1, { name: 'n', cache }).key()).toBe(sha256('["granary/1","n","",[]]'))
  })

  it('deletes the result of a call, and of no other', async () => {
    const { cache, search, calls } = open()
    const find = cached(search, { name: 'search', cache })
    await find('a')
    await find('b')
    expect(await find.delete('a')).toBe(true)
    expect(await find.delete('a')).toBe(false)
    await find('a')
    await find('b')
    expect(calls()).toBe(3)
  })

  it('keeps its results in a namespace of its own', async () => {
    const { cache, search, calls } = open()
    const [find, other] = [cached(search, { name: 'search', cache }), cached(search, { name: 'search2', cache })]
    await find('a')
    await other('a')
    await find.cache.clear()
    await find('a')
    await other('a')
    expect(calls()).toBe(3)
    expect(await cache.namespace('function:search').stats()).toMatchObject({ computations: 2 })
  })

  it('does not see the results of another version', async () => {
    const { cache, search, calls } = open()
    await cached(search, { name: 'search', cache })('a')
    await cached(search, { name: 'search', cache, version: 'v2' })('a')
    expect(calls()).toBe(2)
  })

  it('takes keyParts in the place of the arguments', async () => {
    const { cache, calls, search } = open()
    const find = cached(search, { name: 'search', cache, keyParts: (...[query]) => [query.toLowerCase()] })
    await find('A', { depth: 1 })
    await find('a', { depth: 2 })
    expect(calls()).toBe(1)
    expect(find.key('A')).toBe(find.key('a', { depth: 9 }))
  })

  it('takes ttl, tags, timeout and mode', async () => {
    const { cache, clock, search, calls } = open()
    const find = cached(search, { name: 'search', cache, ttl: '1m', tags: (query) => [`query:${query}`] })
    await find('a')
    await cache.invalidateTags(['query:a'])
    await find('a')
    clock.advance('1m')
    await find('a')
    expect(calls()).toBe(3)
    const fresh = cached(search, { name: 'search', cache, mode: 'refresh' })
    await fresh('a')
    expect(calls()).toBe(4)
    const hung = cached(() => new Promise(() => {}), { name: 'hung', cache, timeout: '1m' })()
    await settled()
    clock.advance('1m')
    await expect(hung).rejects.toThrow(granaryError('TIMEOUT'))
  })

  it('P7: rejects with the function’s own error, also one that is thrown at once', async () => {
    const { cache } = open()
    const error = new Error('own')
    const failing = cached(
      () => {
        throw error
      },
      { name: 'failing', cache },
    )
    await expect(failing()).rejects.toBe(error)
  })

  it('rejects with INVALID_KEY and the path for an argument that no key can be made of', async () => {
    const { cache } = open()
    const f = cached((a: unknown) => a, { name: 'f', cache })
    await expect(f({ options: { onDone() {} } })).rejects.toThrow(
      granaryError('INVALID_KEY', /^arguments\[0\]\.options\.onDone is a function/),
    )
    expect(() => f.key(new Error('x'))).toThrow(granaryError('INVALID_KEY', /^arguments\[0\] is an instance of Error/))
    await expect(f.delete(Symbol('s'))).rejects.toThrow(granaryError('INVALID_KEY'))
  })

  it('tells a missing argument from undefined, and undefined from null', () => {
    const { cache } = open()
    const f = cached((...args: unknown[]) => args, { name: 'f', cache })
    expect(new Set([f.key(), f.key(undefined), f.key(null), f.key([]), f.key(undefined, undefined)]).size).toBe(5)
  })
})

describe('abort signals', () => {
  it('B13: are no part of the key, and the function gets one that aborts when no caller is left', async () => {
    const { cache } = open()
    const signals: AbortSignal[] = []
    const { promise, resolve } = Promise.withResolvers<string>()
    const get = cached(
      (_url: string, signal: AbortSignal) => {
        signals.push(signal)
        return promise
      },
      { name: 'get', cache },
    )
    const callers = [new AbortController(), new AbortController()]
    const calls = callers.map(({ signal }) => get('a', signal))
    await settled()
    expect(signals.length).toBe(1)
    expect(callers.some(({ signal }) => signal === signals[0])).toBe(false)
    callers[0]?.abort('gone')
    await expect(calls[0]).rejects.toBe('gone')
    expect(signals[0]?.aborted).toBe(false)
    resolve('value')
    expect(await calls[1]).toBe('value')
  })

  it('B13: one within an options object does not end the wait of others', async () => {
    const { cache } = open()
    const { promise, resolve } = Promise.withResolvers<string>()
    const get = cached(
      ({ signal }: { url: string; signal: AbortSignal }) =>
        new Promise<string>((done, fail) => {
          signal.addEventListener('abort', () => fail(signal.reason))
          promise.then(done)
        }),
      { name: 'get', cache },
    )
    const [one, other] = [new AbortController(), new AbortController()]
    const calls = [one, other].map(({ signal }) => get({ url: 'a', signal }))
    await settled()
    one.abort('gone')
    resolve('value')
    expect(await Promise.allSettled(calls)).toMatchObject([{ reason: 'gone' }, { value: 'value' }])
  })
})

describe('abort signals, deeper', () => {
  it('B13: one two levels deep does not end the wait of others, or is refused', async () => {
    const { cache } = open()
    const get = cached(
      ({ init }: { url: string; init: { signal: AbortSignal } }) =>
        new Promise<string>((_, fail) => init.signal.addEventListener('abort', () => fail(init.signal.reason))),
      { name: 'get', cache },
    )
    const [one, other] = [new AbortController(), new AbortController()]
    const outcomes = [one, other].map(({ signal }) =>
      get({ url: 'a', init: { signal } }).catch((error: unknown) =>
        error instanceof GranaryError ? 'refused' : 'aborted by another',
      ),
    )
    await settled()
    one.abort('gone')
    await settled()
    expect(await Promise.race([outcomes[1], settled().then(() => 'waiting')])).toMatch(/^(waiting|refused)$/)
  })
})

describe('misuse', () => {
  const options = (given: object) =>
    ({ name: 'f', cache: open().cache, ...given }) as unknown as CachedOptions<unknown[]>

  it('of names and options is told where it is made', () => {
    expect(() => cached(() => 1, options({ ttll: 1 }))).toThrow(
      granaryError('INVALID_OPTION', /cached has no option ttll/),
    )
    expect(() => cached(() => 1, undefined as never)).toThrow(granaryError('INVALID_OPTION', /cached takes an object/))
    for (const name of ['', undefined, '\ud800'])
      expect(() => cached(() => 1, options({ name }))).toThrow(granaryError('INVALID_KEY', /^a name is/))
  })

  it.each<[string, object]>([
    ['no cache', { cache: undefined }],
    ['a ttl of 0', { ttl: 0 }],
    ['a ttl of NaN', { ttl: Number.NaN }],
    ['a ttl in another form', { ttl: '1 hour' }],
    ['a timeout of 0', { timeout: 0 }],
    ['an unknown mode', { mode: 'fast' }],
    ['tags that are no function', { tags: ['t'] }],
  ])('of %s is told where it is made', (_, given) => {
    expect(() => cached(() => 1, options(given))).toThrow(granaryError('INVALID_OPTION'))
  })

  it('of what is no function is told where it is made', () => {
    expect(() => cached('f' as never, options({}))).toThrow(granaryError('INVALID_OPTION'))
  })

  it('of a name that is too long names the name', () => {
    expect(() => cached(() => 1, options({ name: 'x'.repeat(1_020) }))).not.toThrow(
      granaryError('INVALID_KEY', /namespace/),
    )
  })
})

describe('types', () => {
  it('are those of the function, with a promise of its result', () => {
    const cache = {} as Cache
    const make = () => ({
      sync: cached((a: string, b?: number) => a.length + (b ?? 0), { name: 'f', cache }),
      async: cached(async (a: { x: number }) => [a.x], { name: 'f', cache }),
      tagged: cached((id: number) => id, {
        name: 'f',
        cache,
        tags: (id: number) => [`${id.toFixed()}`],
        keyParts: (id) => [id],
      }),
      none: cached(() => {}, { name: 'f', cache }),
    })
    type Made = ReturnType<typeof make>
    expectTypeOf<Parameters<Made['sync']>>().toEqualTypeOf<[a: string, b?: number | undefined]>()
    expectTypeOf<ReturnType<Made['sync']>>().toEqualTypeOf<Promise<number>>()
    expectTypeOf<ReturnType<Made['async']>>().toEqualTypeOf<Promise<number[]>>()
    expectTypeOf<Parameters<Made['async']['key']>>().toEqualTypeOf<[a: { x: number }]>()
    expectTypeOf<Parameters<Made['tagged']['delete']>>().toEqualTypeOf<[id: number]>()
    expectTypeOf<ReturnType<Made['none']>>().toEqualTypeOf<Promise<void>>()
  })

  it('are those of the function, whatever keyParts and tags leave out', () => {
    const two = (a: string, b?: number) => a.repeat(b ?? 1)
    const make = (cache: Cache) => [
      cached(two, { name: 'f', cache, keyParts: (a) => [a] }),
      cached(two, { name: 'f', cache, tags: () => ['t'] }),
    ]
    expectTypeOf<Parameters<ReturnType<typeof make>[number]>>().toEqualTypeOf<[a: string, b?: number | undefined]>()
  })
})
