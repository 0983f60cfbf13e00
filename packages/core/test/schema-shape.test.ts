import { type } from 'arktype'
import * as v from 'valibot'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { z } from 'zod'
import { FakeClock, mapStore } from '../../testkit/src/index.js'
import { cached, createCache, type Entry, type StandardSchema } from '../src/index.js'
import { granaryError } from './expectations.js'
import { remoteStore, settled } from './stores.js'

/** Two processes, one after the other, over what the first has stored: with `fresh()` the near layer is empty again. */
function open(map = new Map<string, Entry>()) {
  const far = remoteStore({ map })
  return { cache: createCache({ layers: [mapStore(), far], clock: new FakeClock() }), map, fresh: () => open(map) }
}

const stored = (map: Map<string, Entry>) => map.get('k')?.value

describe.each<[string, StandardSchema<{ id: number; name: string }>, StandardSchema<{ id: number; name: string }>]>([
  ['zod', z.object({ id: z.number(), name: z.string() }), z.object({ id: z.number(), name: z.string().min(5) })],
  [
    'valibot',
    v.object({ id: v.number(), name: v.string() }),
    v.object({ id: v.number(), name: v.pipe(v.string(), v.minLength(5)) }),
  ],
  ['arktype', type({ id: 'number', name: 'string' }), type({ id: 'number', name: 'string >= 5' })],
])('B16: schemas of %s', (_, schema, stricter) => {
  const user = { id: 7, name: 'Ada' }

  it('let pass what fits, from a computation, from memory and from a store', async () => {
    const { cache, fresh } = open()
    let calls = 0
    const compute = async () => {
      calls++
      return user
    }
    expect(await cache.getOrCompute('k', compute, { schema })).toEqual(user)
    expect(await cache.getOrCompute('k', compute, { schema })).toEqual(user)
    await settled()
    expect(await fresh().cache.getOrCompute('k', compute, { schema })).toEqual(user)
    expect(calls).toBe(1)
  })

  it('make a miss of an entry that no longer fits, and store the new value', async () => {
    const { cache, map, fresh } = open()
    await cache.getOrCompute('k', async () => user, { schema })
    const renamed = { id: 7, name: 'Ada L.' }
    const next = fresh().cache
    expect(await next.getOrCompute('k', async () => renamed, { schema: stricter })).toEqual(renamed)
    await settled()
    expect(stored(map)).toEqual(renamed)
    expect(await next.stats()).toMatchObject({ misses: 1, hits: 0 })
  })

  it('migrate an entry that no longer fits, or miss it', async () => {
    const { cache, fresh } = open()
    await cache.getOrCompute('k', async () => user, { schema })
    const migrate = (old: unknown) => ({ ...(old as typeof user), name: `${(old as typeof user).name} Lovelace` })
    const never = async (): Promise<typeof user> => expect.fail('computed')
    const migrated = { id: 7, name: 'Ada Lovelace' }
    expect(await fresh().cache.getOrCompute('k', never, { schema: stricter, migrate })).toEqual(migrated)
    const anew = { id: 8, name: 'Grace' }
    for (const useless of [() => undefined, () => user, () => expect.fail('in migrate')]) {
      const got = fresh().cache.getOrCompute('k', async () => anew, {
        schema: stricter,
        migrate: useless,
        mode: 'read-only',
      })
      expect(await got).toEqual(anew)
    }
  })

  it('refuse a computed value that does not fit: it is neither given nor stored', async () => {
    const { cache, map } = open()
    const asked = cache.getOrCompute('k', async () => user, { schema: stricter })
    await expect(asked).rejects.toThrow(granaryError('INVALID_VALUE', /value\.name/))
    await settled()
    expect(map.size).toBe(0)
    expect(await cache.stats()).toMatchObject({ computeFailures: 1, stores: 0 })
  })
})

describe('B16: a schema that transforms', () => {
  const Day = z.object({ day: z.string().transform((text) => new Date(text)) })

  it('stores its input, and gives its output', async () => {
    const { cache, map, fresh } = open()
    let calls = 0
    const compute = async () => {
      calls++
      return { day: '2026-01-01' }
    }
    const day = { day: new Date('2026-01-01') }
    const got = await cache.getOrCompute('k', compute, { schema: Day })
    expectTypeOf(got).toEqualTypeOf<{ day: Date }>()
    expect(got).toEqual(day)
    expect(await cache.getOrCompute('k', compute, { schema: Day })).toEqual(day)
    await settled()
    expect(stored(map)).toEqual({ day: '2026-01-01' })
    expect(await fresh().cache.getOrCompute('k', compute, { schema: Day })).toEqual(day)
    expect(await fresh().cache.get('k')).toEqual({ day: '2026-01-01' })
    expect(calls).toBe(1)
  })

  it('keeps its input from layer to layer', async () => {
    const [middle, far] = [new Map<string, Entry>(), new Map<string, Entry>()]
    const over = (map: Map<string, Entry>) =>
      createCache({ layers: [mapStore(), remoteStore({ name: 'middle', map }), remoteStore({ map: far })] })
    await over(new Map()).getOrCompute('k', async () => ({ day: '2026-01-01' }), { schema: Day })
    await settled()
    const never = async (): Promise<{ day: string }> => expect.fail('computed')
    expect((await over(middle).getOrCompute('k', never, { schema: Day })).day).toEqual(new Date('2026-01-01'))
    await settled()
    expect(stored(middle)).toEqual({ day: '2026-01-01' })
  })

  it('that gives back what it is given, as one with defaults, stores its output alone', async () => {
    const { cache, map } = open()
    const schema = z.object({ depth: z.number().default(3) })
    expect(await cache.getOrCompute('k', async () => ({}), { schema })).toEqual({ depth: 3 })
    await settled()
    expect(stored(map)).toEqual({ depth: 3 })
  })

  it('renews, and serves stale, in its output form', async () => {
    const clock = new FakeClock()
    const map = new Map<string, Entry>()
    const cache = createCache({ layers: [mapStore(), remoteStore({ map })], clock, ttl: '1s', staleIfError: '1m' })
    const seen: unknown[] = []
    const ask = () =>
      cache.getOrCompute(
        'k',
        async (run) => {
          seen.push(run.stale?.value)
          return run.stale === undefined ? { day: '2026-01-01' } : run.notModified()
        },
        { schema: Day },
      )
    await ask()
    clock.advance('1s')
    const day = { day: new Date('2026-01-01') }
    expect(await ask()).toEqual(day)
    expect(seen).toEqual([undefined, day])
    await settled()
    expect(stored(map)).toEqual({ day: '2026-01-01' })
    expect(map.get('k')?.freshUntil).toBe(clock.now() + 1_000)
  })
})

describe('B16: schemas', () => {
  it('of an undefined value let it be a hit', async () => {
    const { cache, fresh } = open()
    const schema = z.string().optional()
    await cache.getOrCompute('k', async () => undefined, { schema })
    await settled()
    expect(await fresh().cache.getOrCompute('k', async () => 'computed', { schema })).toBeUndefined()
  })

  it('work for cached functions', async () => {
    const { cache } = open()
    const length = cached(async (text: string) => `${text.length}`, {
      name: 'length',
      cache,
      schema: z.string().transform(Number),
    })
    expectTypeOf(length).returns.resolves.toEqualTypeOf<number>()
    expectTypeOf(length).parameters.toEqualTypeOf<[text: string]>()
    expect([await length('four'), await length('four')]).toEqual([4, 4])
    // @ts-expect-error the function must give what the schema takes
    void (() => cached(async () => 4, { name: 'wrong', cache, schema: z.string() }))
  })

  it('work for batches: one value that does not fit fails its key alone', async () => {
    const { cache } = open()
    const schema = z.number().positive()
    const compute = async (keys: readonly string[]) => keys.map(Number)
    await expect(cache.getOrComputeMany(['1', '-1', '2'], compute, { schema })).rejects.toThrow(
      granaryError('INVALID_VALUE'),
    )
    expect(await cache.getMany(['1', '-1', '2'])).toEqual([1, undefined, 2])
    expect(await cache.getOrComputeMany(['1', '2'], compute, { schema })).toEqual([1, 2])
    expect(await cache.stats()).toMatchObject({ computations: 3, stores: 2 })
  })

  it('share what is in memory where they are the same, and nothing where they are not', async () => {
    const { cache } = open()
    const number = z.coerce.number()
    const never = async (): Promise<unknown> => expect.fail('computed')
    expect(await cache.getOrCompute('k', async () => '7', { schema: number })).toBe(7)
    expect(await cache.getOrCompute('k', never, { schema: number })).toBe(7)
    expect(await cache.getOrCompute('k', async () => 'other', { schema: z.string() })).toBe('other')
    expect(await cache.getOrCompute('k', async () => '8', { schema: number, mode: 'read-only' })).toBe(8)
  })

  it.each<[string, object]>([
    ['what is no schema', { schema: {} }],
    ['a schema that is null', { schema: null }],
    ['an asynchronous schema', { schema: z.string().refine(async () => true) }],
    ['a migrate that is no function', { schema: z.string(), migrate: 'no' }],
  ])('%s gets an INVALID_OPTION, as a rejection', async (_, options) => {
    const { cache } = open()
    const asked = cache.getOrCompute('k', async () => 'v', options)
    await expect(asked).rejects.toThrow(granaryError('INVALID_OPTION'))
  })
})
