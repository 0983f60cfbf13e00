import { beforeEach, describe, expect, it } from 'vitest'
import { FakeClock, mapStore } from '../../testkit/src/index.js'
import { type Cache, createCache, type Ledger, type Saving, type Store } from '../src/index.js'
import { settled } from './stores.js'

let clock: FakeClock
let writes: (readonly Saving[])[]
let fails: boolean

beforeEach(() => {
  clock = new FakeClock()
  writes = []
  fails = false
})

const ledger: Ledger = {
  async add(savings) {
    if (fails) throw new Error('no')
    writes.push(savings)
  },
  read: async (namespace) => writes.flat().filter((each) => each.namespace.startsWith(namespace)),
}

const open = (...layers: Store[]): Cache => createCache({ layers, clock })
const kept = () => open(mapStore(), { ...mapStore({ name: 'disk' }), ledger })

async function hits(cache: Cache, count: number): Promise<void> {
  for (let i = 0; i <= count; i++) {
    await cache.getOrCompute('key', (run) => {
      clock.advance('2s')
      run.cost = 0.25
    })
  }
}

describe('N4: what hits save', () => {
  it.each([
    ['a layer that keeps accounts', kept],
    ['none', () => open(mapStore())],
  ])('is added up by namespace, in time and cost, over %s', async (_, make) => {
    const cache = make()
    await hits(cache.namespace('a'), 3)
    await hits(cache.namespace('a').namespace('b'), 1)
    expect((await cache.stats()).saved).toEqual({ hits: 4, ms: 8_000, cost: 1 })
    expect((await cache.namespace('a').namespace('b').stats()).saved).toEqual({ hits: 1, ms: 2_000, cost: 0.25 })
    expect(await cache.savings()).toEqual(
      expect.arrayContaining([
        { namespace: '1:a', hits: 3, ms: 6_000, cost: 0.75 },
        { namespace: '1:a1:b', hits: 1, ms: 2_000, cost: 0.25 },
      ]),
    )
    expect(await cache.stats()).toMatchObject({ savedMs: 8_000, savedCost: 1 })
    await cache.close()
  })

  it('is not written by a hit: with other writes, every few seconds at most, and at the end', async () => {
    const cache = kept()
    await hits(cache, 100)
    expect(writes).toEqual([])
    for (let i = 0; i < 10; i++) await cache.set('other', i)
    expect(writes).toEqual([])
    clock.advance('5s')
    await cache.set('other', 1)
    await cache.set('other', 2)
    expect(writes).toEqual([[{ namespace: '', hits: 100, ms: 200_000, cost: 25 }]])
    await hits(cache, 0)
    await cache.close()
    expect(writes[1]).toEqual([{ namespace: '', hits: 1, ms: 2_000, cost: 0.25 }])
  })

  it('survives this cache: the next one goes on with it', async () => {
    const first = kept()
    await hits(first, 2)
    await first.close()
    const second = kept()
    await hits(second, 1)
    expect((await second.stats()).saved).toEqual({ hits: 3, ms: 6_000, cost: 0.75 })
    expect((await second.stats()).savedMs).toBe(2_000)
    await second.close()
  })

  it('P7: is kept where it cannot be written, and written later', async () => {
    const cache = kept()
    fails = true
    await hits(cache, 2)
    clock.advance('5s')
    await cache.set('other', 1)
    await settled()
    expect((await cache.stats()).saved.hits).toBe(2)
    fails = false
    await cache.close()
    expect(writes.flat()).toEqual([{ namespace: '', hits: 2, ms: 4_000, cost: 0.5 }])
  })

  it('of more than 10,000 namespaces counts for the whole cache', async () => {
    const cache = open(mapStore())
    for (let i = 0; i < 10_100; i++) await hits(cache.namespace(`${i}`), 1)
    const savings = await cache.savings()
    expect(savings.length).toBeLessThanOrEqual(10_001)
    expect((await cache.stats()).saved.hits).toBe(10_100)
  })
})
