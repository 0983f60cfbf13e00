import { describe, expect, it } from 'vitest'
import { FakeClock, faulty, historyStore } from '../../testkit/src/index.js'
import { type CacheEvent, createCache, type LayerPolicy, layer, type Store } from '../src/index.js'
import { granaryError } from './expectations.js'
import { settled } from './stores.js'

/** A cache over one remote layer, which can be made to fail. */
function over(policy: LayerPolicy) {
  const clock = new FakeClock()
  const far = faulty(historyStore({ clock }) as Store)
  const events: CacheEvent[] = []
  const cache = createCache({ layers: [layer(far, { lease: false, ...policy })], clock, ttl: '1h' })
  cache.on((event) => events.push(event))
  const failures = () => events.flatMap((event) => (event.type === 'failure' ? [String(event.error)] : []))
  return { clock, far, cache, failures }
}

describe('layer(store, { breaker })', () => {
  it('fault 2: a layer that hangs costs the first calls their wait, and the next ones nothing', async () => {
    const { cache, far, clock } = over({ timeout: '50ms', breaker: 3 })
    far.hang('get')
    const first = Promise.all([1, 2, 3].map((i) => cache.getOrCompute(`k${i}`, () => i)))
    clock.advance(50)
    expect(await first).toEqual([1, 2, 3])
    const calls = far.calls.get
    for (let i = 0; i < 100; i++) expect(await cache.getOrCompute(`l${i}`, () => i)).toBe(i)
    expect(far.calls.get).toBe(calls)
    expect(clock.pending).toBeLessThanOrEqual(1)
  })

  it('tells of the failures before, and not of the calls that were spared', async () => {
    const { cache, far, failures } = over({ breaker: 3 })
    far.fail('get')
    for (let i = 0; i < 50; i++) await cache.get(`k${i}`)
    // The same error three times is told once.
    expect(failures()).toEqual(['Error: get fails, as asked', expect.stringContaining('left alone until it answers')])
  })

  it('is used again when it answers, and has then forgotten what was deleted meanwhile', async () => {
    const { cache, far, clock } = over({ breaker: 3 })
    await cache.set('kept', 1)
    await cache.set('deleted', 1)
    await cache.set('overwritten', 1)
    for (const operation of ['get', 'set', 'delete', 'invalidate'] as const) far.fail(operation)
    for (let i = 0; i < 3; i++) await cache.get('kept')
    await cache.delete('deleted')
    await cache.set('overwritten', 2)
    far.heal()
    clock.advance(100)
    expect(await cache.get('kept')).toBeUndefined()
    await settled()
    expect(await cache.get('kept')).toBe(1)
    expect(await cache.get('deleted')).toBeUndefined()
    expect(await cache.get('overwritten')).toBeUndefined()
    expect(await far.get('deleted')).toBeUndefined()
  })

  it('is used again as soon, however much was deleted meanwhile', async () => {
    const { cache, far, clock } = over({ breaker: 3 })
    await cache.set('kept', 1)
    for (const operation of ['get', 'set', 'delete', 'invalidate', 'clear'] as const) far.fail(operation)
    for (let i = 0; i < 3; i++) await cache.get('kept')
    for (let i = 0; i < 10_100; i++) await cache.delete(`k${i}`)
    far.heal()
    clock.advance(500)
    await cache.get('another')
    await settled()
    await cache.set('new', 1)
    expect(await cache.get('new')).toBe(1)
  })

  it('asks for no lease of a layer that is left alone', async () => {
    const { cache, far } = over({ breaker: 3, lease: '5s' })
    far.fail('get')
    for (let i = 0; i < 3; i++) await cache.get('k')
    const asked = far.calls.lease
    expect(await cache.getOrCompute('k', () => 1)).toBe(1)
    expect(far.calls.lease).toBe(asked)
  })

  it('is closed even so', async () => {
    const { cache, far } = over({ breaker: 3 })
    far.fail('get')
    for (let i = 0; i < 3; i++) await cache.get('k')
    await cache.close()
    expect(far.calls.close).toBe(1)
  })
})

describe('layer(store, { maxInFlight })', () => {
  it('fault 3: what is not answered does not pile up', async () => {
    const { cache, far, clock } = over({ timeout: '50ms', maxInFlight: 10 })
    far.hang('get')
    const calls = Array.from({ length: 1_000 }, (_, i) => cache.get(`k${i}`))
    clock.advance(50)
    await Promise.all(calls)
    expect(far.hanging).toBe(10)
    far.heal()
    await settled()
    await cache.set('k', 1)
    expect(await cache.get('k')).toBe(1)
  })

  it('is told once', async () => {
    const { cache, far, failures } = over({ maxInFlight: 2 })
    far.hang('get')
    const calls = Array.from({ length: 100 }, (_, i) => cache.get(`k${i}`))
    await settled()
    expect(failures().length).toBe(1)
    far.heal()
    await Promise.all(calls)
  })
})

it.each<[LayerPolicy]>([[{ breaker: 0 }], [{ breaker: true as never }], [{ maxInFlight: 0 }], [{ maxInFlight: 1.5 }]])(
  'refuses %j',
  (policy) => {
    expect(() => layer(historyStore() as Store, policy)).toThrow(granaryError('INVALID_OPTION'))
  },
)

it('a breaker of a store of its own can be switched off', async () => {
  const clock = new FakeClock()
  const far = faulty(historyStore({ clock }) as Store)
  const cache = createCache({ layers: [layer(layer(far, { breaker: 3 }), { breaker: false })], clock, ttl: '1h' })
  far.fail('get')
  for (let i = 0; i < 10; i++) await cache.get('k')
  expect(far.calls.get).toBe(10)
})
