import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { FakeClock, faulty, historyStore, mapStore } from '../../testkit/src/index.js'
import {
  type Cache,
  CachedTaskWorker,
  cached,
  createCache,
  defineTask,
  type Entry,
  layer,
  layered,
  type Run,
  type Store,
  type TaskOf,
} from '../src/index.js'
import { remoteStore, settled } from './stores.js'

const gate = () => Promise.withResolvers<void>()

describe('P1: a stack of layers within another', () => {
  const stack = () => {
    const near = new Map<string, Entry>()
    const inner = layer(layered(mapStore({ name: 'inner' })), { ttl: '30m' })
    return { near, cache: createCache({ layers: [mapStore({ map: near }), inner] }) }
  }

  it.each([
    ['a tag', (cache: Cache) => cache.invalidateTags(['t'])],
    ['a namespace', (cache: Cache) => cache.namespace('a').clear()],
  ])('does not bring back what %s invalidated, after the outer memory has judged it', async (_, invalidate) => {
    const { near, cache } = stack()
    const space = cache.namespace('a')
    await space.set('k', 'old', { tags: ['t'] })
    near.clear()
    expect(await space.get('k')).toBe('old')
    await cache.invalidateTags(['another'])
    expect(await space.get('k')).toBe('old')
    await invalidate(cache)
    expect(await space.get('k')).toBeUndefined()
  })
})

describe('one who joins a run', () => {
  it('B6: and has the value stored gives it tags of its own too', async () => {
    const cache = createCache({ layers: [mapStore()] })
    const { promise, resolve } = gate()
    const reading = cache.getOrCompute('k', () => promise.then(() => 'old'), { mode: 'read-only' })
    const storing = cache.getOrCompute('k', () => 'another', { tags: ['user:7'] })
    resolve()
    await Promise.all([reading, storing])
    expect(await cache.get('k')).toBe('old')
    await cache.invalidateTags(['user:7'])
    expect(await cache.get('k')).toBeUndefined()
  })

  it('P6: is not given a value in another form', async () => {
    const cache = createCache({ layers: [mapStore()] })
    const { promise, resolve } = gate()
    const plain = cache.getOrCompute('k', () => promise.then(() => ({ plain: true })))
    const shaped = cache.getOrCompute('k', () => 'computed', {
      shape: { toStored: (value) => value, fromStored: () => undefined },
    })
    resolve()
    expect(await plain).toEqual({ plain: true })
    expect(await shaped).toBe('computed')
  })

  it('P6: by a worker of the same name with other schemas gets that worker’s outputs', async () => {
    const cache = createCache({ layers: [mapStore()] })
    const In = defineTask('in', z.object({ a: z.string() }))
    const numbers = defineTask('out', z.object({ n: z.number() }))
    const texts = defineTask('out', z.object({ n: z.string() }))
    const { promise, resolve } = gate()

    class Numbers extends CachedTaskWorker<TaskOf<typeof In>, TaskOf<typeof numbers>> {
      readonly name = 'w'
      readonly inputType = In
      readonly outputTypes = [numbers]
      async consumeWork(_: TaskOf<typeof In>, run: Run<TaskOf<typeof numbers>>) {
        await promise
        run.publishWork(numbers({ n: 1 }))
      }
    }
    class Texts extends CachedTaskWorker<TaskOf<typeof In>, TaskOf<typeof texts>> {
      readonly name = 'w'
      readonly inputType = In
      readonly outputTypes = [texts]
      consumeWork(_: TaskOf<typeof In>, run: Run<TaskOf<typeof texts>>) {
        run.publishWork(texts({ n: 'x' }))
      }
    }

    const first = new Numbers({ cache }).run(In({ a: 'q' }))
    const second = new Texts({ cache }).run(In({ a: 'q' }))
    resolve()
    expect((await first).map(({ n }) => n)).toEqual([1])
    expect((await second).map(({ n }) => n)).toEqual(['x'])
  })

  it('B13: with only-if-cached can stop waiting for a layer', async () => {
    const far = faulty(remoteStore())
    const cache = createCache({ layers: [far] })
    const controller = new AbortController()
    far.hang('get')
    const waiting = cache.getOrCompute('k', () => 1, { mode: 'only-if-cached', signal: controller.signal })
    controller.abort(new Error('gone'))
    await expect(waiting).rejects.toThrow('gone')
    far.heal()
  })
})

describe('P3: what a store owes', () => {
  /** A store whose first deletion fails and whose second never ends. */
  const losing = (inner: Store, method: 'delete' | 'clear'): Store => {
    let calls = 0
    const lose = (then: () => unknown) => {
      calls++
      if (calls === 1) return Promise.reject(new Error('down'))
      return calls === 2 ? new Promise(() => {}) : then()
    }
    return { ...inner, [method]: (...args: [string]) => lose(() => inner[method](...args)) }
  }

  it.each([
    ['a key', () => losing(remoteStore(), 'delete'), (cache: Cache) => cache.delete('k')],
    ['everything', () => losing(historyStore(), 'clear'), (cache: Cache) => cache.clear()],
  ])('of %s is tried again although a try was lost, if the layer has a timeout', async (_, make, forget) => {
    const clock = new FakeClock()
    const cache = createCache({ layers: [layer(make(), { timeout: '50ms' })], clock })
    await cache.set('k', 1)
    await forget(cache)
    for (let i = 0; i < 5; i++) {
      clock.advance('1m')
      await cache.get('another')
      await settled()
    }
    expect(await cache.set('k', 2)).toBe(true)
    expect(await cache.get('k')).toBe(2)
  })

  it('is not deleted again while the key is being set', async () => {
    const clock = new FakeClock()
    const inner = remoteStore()
    const { promise, resolve } = gate()
    const state = { fails: 1, slow: false }
    const store: Store = {
      ...inner,
      delete: (key) => (state.fails-- > 0 ? Promise.reject(new Error('down')) : inner.delete(key)),
      async set(key, entry, since) {
        const outcome = await inner.set(key, entry, since)
        if (state.slow) await promise
        return outcome
      },
    }
    const cache = createCache({ layers: [store], clock })
    await cache.set('k', 1)
    await cache.delete('k')
    state.slow = true
    const setting = cache.set('k', 2)
    clock.advance(150)
    await cache.get('another')
    resolve()
    expect(await setting).toBe(true)
    await settled()
    expect(await cache.get('k')).toBe(2)
  })

  it('makes a set of what it will forget unacknowledged', async () => {
    const store = faulty(historyStore())
    const space = createCache({ layers: [store], clock: new FakeClock() }).namespace('a')
    store.fail('invalidate', { times: 1 })
    await space.clear()
    expect(await space.set('k', 1)).toBe(false)
  })

  it('is tried once more when the cache is closed', async () => {
    const map = new Map<string, Entry>()
    const store = faulty(remoteStore({ map }))
    const cache = createCache({ layers: [store], clock: new FakeClock() })
    await cache.set('k', 1)
    store.fail('delete', { times: 1 })
    await cache.delete('k')
    await cache.close()
    expect(map.size).toBe(0)
  })
})

describe('fault 21: what a caller holds', () => {
  it('is not the list of tags that an entry is judged by', async () => {
    const cache = createCache({ layers: [mapStore()] })
    const tags = ['t']
    await cache.set('k', 1, { tags })
    tags.length = 0
    const peeked = await cache.peek('k')
    expect(peeked !== undefined && Object.isFrozen(peeked.tags)).toBe(true)
    await cache.invalidateTags(['t'])
    expect(await cache.get('k')).toBeUndefined()
  })

  it('is not what a store keeps of a task whose schema transforms', async () => {
    const map = new Map<string, Entry>()
    const keeping: Store = {
      name: 'keeping',
      get: async (key) => map.get(key),
      async set(key, entry) {
        map.set(key, entry)
        return { stored: true }
      },
      delete: async (key) => map.delete(key),
      clear: async () => map.clear(),
    }
    const In = defineTask('in', z.object({ a: z.string() }))
    const Length = defineTask('length', z.object({ n: z.string().transform((text) => text.length) }))
    const input = { n: 'abc' }
    class Measure extends CachedTaskWorker<TaskOf<typeof In>, TaskOf<typeof Length>> {
      readonly name = 'measure'
      readonly inputType = In
      readonly outputTypes = [Length]
      consumeWork(_: TaskOf<typeof In>, run: Run<TaskOf<typeof Length>>) {
        run.publishWork(Length(input))
      }
    }
    const worker = new Measure({ cache: createCache({ layers: [keeping] }) })
    await worker.run(In({ a: 'q' }))
    await settled()
    input.n = 'abcdef'
    expect((await worker.run(In({ a: 'q' }))).map(({ n }) => n)).toEqual([3])
  })
})

it('an argument that holds itself is no matter where keyParts leaves it out', async () => {
  const cache = createCache({ layers: [mapStore()] })
  interface Loop {
    id: number
    self?: Loop
  }
  const one = cached((loop: Loop) => loop.id, { name: 'one', cache, keyParts: (loop) => [loop.id] })
  const loop: Loop = { id: 1 }
  loop.self = loop
  expect(await one(loop)).toBe(1)
})

it('P3: what a refresh could not write is not answered with the older value once memory has let it go', async () => {
  const near = new Map<string, Entry>()
  const far = faulty(historyStore())
  const cache = createCache({ layers: [mapStore({ map: near }), far], clock: new FakeClock() })
  await cache.set('k', 'old')
  far.fail('get', { times: 1 })
  expect(await cache.getOrCompute('k', () => 'new', { mode: 'refresh' })).toBe('new')
  await settled()
  near.clear()
  expect(await cache.get('k')).not.toBe('old')
})
