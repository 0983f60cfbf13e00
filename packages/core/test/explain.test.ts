import { beforeEach, describe, expect, it } from 'vitest'
import { FakeClock, faulty, historyStore, mapStore } from '../../testkit/src/index.js'
import {
  type Cache,
  type Computation,
  cached,
  createCache,
  type Explanation,
  type Fate,
  type Journal,
  type PartsRecord,
} from '../src/index.js'
import { granaryError } from './expectations.js'
import { remoteStore, settled } from './stores.js'
import { Analyse, Document, Score } from './workers.js'

const doc = Document({ path: 'a', text: 'a long text' })

let clock: FakeClock
let cache: Cache

beforeEach(() => {
  clock = new FakeClock()
  cache = createCache({ layers: [mapStore()], clock, ttl: '1h' })
})

const causeOf = async (key: string) => (await cache.explain(key)).cause

describe('N1: a cache in memory alone says what it knows', () => {
  it('a hit, and since when', async () => {
    const at = clock.now()
    await cache.set('key', 1)
    expect(await cache.explain('key')).toEqual<Explanation>({
      outcome: 'hit',
      cause: 'fresh',
      at,
      layer: 'map',
      text: `a hit: map has it, made at ${new Date(at).toISOString()}`,
    })
  })

  it('nothing of a key that it does not know: it may have been evicted', async () => {
    expect(await causeOf('key')).toBe('unknown')
  })

  it('expired, and when', async () => {
    await cache.set('key', 1)
    const at = clock.now() + 3_600_000
    clock.advance('2h')
    expect(await cache.explain('key')).toMatchObject({ outcome: 'miss', cause: 'expired', at })
  })

  it('deleted', async () => {
    await cache.set('key', 1)
    await cache.delete('key')
    expect(await causeOf('key')).toBe('deleted')
    await cache.set('key', 2)
    expect(await causeOf('key')).toBe('fresh')
    clock.advance('2h')
    expect(await causeOf('key')).toBe('expired')
  })

  it('invalidated, by which tag or namespace', async () => {
    const other = cache.namespace('other')
    await other.set('key', 1, { tags: ['a', 'b'] })
    await cache.invalidateTags(['c', 'b'])
    expect(await other.explain('key')).toMatchObject({ cause: 'invalidated', by: { tag: 'b' } })
    await other.set('key', 1)
    await other.clear()
    expect(await other.explain('key')).toMatchObject({
      cause: 'invalidated',
      by: { namespace: '5:other' },
      text: expect.stringMatching(/by clearing other$/),
    })
  })

  it('what came first: expired before it was invalidated, or after', async () => {
    await cache.set('early', 1, { tags: ['t'], ttl: '1m' })
    await cache.set('late', 1, { tags: ['t'], ttl: '1h' })
    clock.advance('2m')
    await cache.invalidateTags(['t'])
    clock.advance('2h')
    expect(await causeOf('early')).toBe('expired')
    expect(await causeOf('late')).toBe('invalidated')
  })

  it('what was refused, and why; what failed', async () => {
    await cache.getOrCompute('ttl', (run) => {
      run.ttl = 0
    })
    expect(await cache.explain('ttl')).toMatchObject({ cause: 'refused', reason: 'ttl' })
    await cache.getOrCompute('failed', () => Promise.reject(new Error('no'))).catch(() => {})
    expect(await causeOf('failed')).toBe('failed')
    // A call that was not to store anything says nothing of its key.
    await cache.getOrCompute('bypassed', () => 1, { mode: 'bypass' })
    expect(await causeOf('bypassed')).toBe('unknown')
  })

  it('a rejection that is cached, and what is stale', async () => {
    const fail = () => Promise.reject(new RangeError('no'))
    await cache.getOrCompute('bad', fail, { negativeTtl: { RangeError: '1m' } }).catch(() => {})
    expect(await cache.explain('bad')).toMatchObject({ outcome: 'hit', cause: 'rejected', at: clock.now() })
    await cache.getOrCompute('old', () => 1, { ttl: '1m', staleIfError: '1h' })
    const at = clock.now() + 60_000
    clock.advance('2m')
    expect(await cache.explain('old')).toMatchObject({ outcome: 'stale', cause: 'stale', at })
    clock.advance('2h')
    expect(await cache.explain('old')).toMatchObject({ outcome: 'miss', cause: 'expired' })
  })

  it('what ended an older value, when a newer one was refused while that was still there', async () => {
    await cache.set('key', 1)
    const decline = (run: Computation) => {
      run.store = false
    }
    await cache.getOrCompute('key', decline, { mode: 'refresh' })
    clock.advance('2h')
    expect(await causeOf('key')).toBe('expired')
    await cache.getOrCompute('key', decline)
    expect(await causeOf('key')).toBe('refused')
  })

  it('no more than it remembers: bounded, and then unknown rather than wrong', async () => {
    await cache.set('old', 1, { tags: ['t'] })
    await cache.invalidateTags(['t'])
    await cache.delete('deleted')
    for (let i = 0; i < 2_000; i++) await cache.invalidateTags([`t${i}`])
    for (let i = 0; i < 1_000; i++) {
      await cache.set(`${i}`, i)
      await cache.delete(`${i}`)
    }
    expect(await causeOf('old')).toBe('unknown')
    expect(await causeOf('deleted')).toBe('unknown')
  })

  it('counts nothing, and refuses what is no key', async () => {
    await cache.set('key', 1)
    await cache.explain('key')
    await cache.explain('other')
    expect(await cache.stats()).toMatchObject({ hits: 0, misses: 0 })
    await expect(cache.explain(7 as never)).rejects.toThrow(granaryError('INVALID_KEY'))
  })
})

/** A journal in memory, over what the history store keeps. */
function journal(fates = new Map<string, Fate>(), parts: PartsRecord[] = []): Journal {
  return {
    note: async () => {},
    fate: async (key) => fates.get(key) ?? { cause: 'never-stored', since: 0 },
    keepParts: async (more) => void parts.push(...more),
    parts: async (group) => parts.filter((each) => each.group === group),
    secret: async () => 'secret',
  }
}

describe('N1: a worker over a layer with a journal', () => {
  const open = (layer = { ...historyStore({ clock }), journal: journal() }) =>
    createCache({ layers: [mapStore(), layer], clock })

  it('names the parts in which the nearest cached task differs, and the version', async () => {
    cache = open()
    const worker = new Analyse({ cache, caching: { version: 'v2' } })
    await worker.warmCache([doc, Document({ path: 'b', text: 'another' })])
    expect(await worker.explain(Document({ path: 'a', text: 'changed' }))).toMatchObject({
      cause: 'never-stored',
      nearest: { key: worker.key(doc), version: 'v2', differs: ['text'] },
      text: expect.stringMatching(/the nearest entry differs in text$/),
    })
    const newer = new Analyse({ cache, caching: { version: 'v3' } })
    expect((await newer.explain(doc)).nearest).toEqual({
      key: worker.key(doc),
      version: 'v2',
      differs: ['worker.version'],
    })
    expect((await worker.explain(doc)).cause).toBe('fresh')
    await cache.close()
  })

  it('names parts of a key of its own, and of what is added', async () => {
    class Keyed extends Analyse {
      model = 'small'
      override getCacheKey(task: Document) {
        return [task.path]
      }
      override extraCacheKey() {
        return [{ model: this.model }]
      }
      protected override inheritedCacheKey() {
        return [this.model.length]
      }
    }
    cache = open()
    const worker = new Keyed({ cache })
    await worker.run(doc)
    const other = new Keyed({ cache })
    other.model = 'larger'
    expect((await other.explain(doc)).nearest?.differs).toEqual(['inheritedCacheKey[0]', 'extraCacheKey[0].model'])
    await cache.close()
  })

  it('names the arguments in which the nearest call of a cached function differs', async () => {
    cache = open()
    const search = cached(async (_query: string, _options: { page: number }) => [], { name: 'search', cache })
    await search('granary', { page: 1 })
    expect((await search.explain('granary', { page: 2 })).nearest).toEqual({
      key: search.key('granary', { page: 1 }),
      differs: ['arguments[1].page'],
    })
    expect(await search.explain('granary', { page: 1 })).toMatchObject({ outcome: 'hit' })
    await cache.close()
  })

  it('says that a task is not to be cached, and that stored outputs do not fit any more', async () => {
    class Picky extends Analyse {
      override shouldCache = () => false
    }
    cache = open()
    expect(await new Picky({ cache }).explain(doc)).toMatchObject({ outcome: 'miss', cause: 'not-cached' })
    const worker = new Analyse({ cache })
    await worker.run(doc)
    class Narrower extends Analyse {
      override readonly outputTypes = [Score]
    }
    // The same name and key, for which the stored outputs are of a type too many.
    const key = worker.key(doc)
    const narrow = new Narrower({ cache })
    await worker.cache.namespace('version:').set(narrow.key(doc), await cache.get(key))
    expect((await narrow.explain(doc)).cause).toBe('unfit')
    await cache.close()
  })

  it('is unknown while the layer with the journal fails, and after it has: it may have missed something', async () => {
    const layer = faulty({ ...historyStore({ clock }), journal: journal() })
    cache = createCache({ layers: [mapStore(), layer], clock })
    expect((await cache.explain('key')).cause).toBe('never-stored')
    layer.fail('set')
    await cache.set('key', 1)
    expect((await cache.explain('another')).cause).toBe('unknown')
    layer.heal()
    await settled()
    expect((await cache.explain('another')).cause).toBe('unknown')
    await cache.close()
  })

  it('is unknown where a layer behind it, which others may share, keeps no journal', async () => {
    const disk = { ...historyStore({ name: 'disk', clock }), journal: journal() }
    const cache = createCache({ layers: [mapStore(), disk, historyStore({ name: 'shared', clock })], clock })
    expect((await cache.explain('key')).cause).toBe('unknown')
    await cache.close()
  })

  it('without a journal, and a layer that others may share, is what that layer still holds', async () => {
    const cache = createCache({ layers: [mapStore(), remoteStore()], clock, ttl: '1h' })
    await cache.set('deleted', 1)
    await cache.delete('deleted')
    await cache.set('expired', 1)
    clock.advance('2h')
    expect((await cache.explain('deleted')).cause).toBe('unknown')
    expect((await cache.explain('expired')).cause).toBe('expired')
    await cache.close()
  })

  it('is not asked any more once the cache is closed: what ends later is noted nowhere', async () => {
    const layer = { ...historyStore({ clock }), journal: journal() }
    const noted: string[] = []
    layer.journal = { ...layer.journal, note: async (key, why) => void noted.push(`${key} ${why}`) }
    const cache = createCache({ layers: [mapStore(), layer], clock })
    const gate = Promise.withResolvers<void>()
    const late = cache.getOrCompute('late', () => gate.promise)
    await cache.getOrCompute('failed', () => Promise.reject(new Error('no'))).catch(() => {})
    await cache.close()
    gate.resolve()
    await late
    expect(noted).toEqual(['failed computation-failed'])
  })

  it('P7: a journal that fails is an event, and unknown', async () => {
    const broken: Journal = {
      ...journal(),
      fate: () => Promise.reject(new Error('no')),
      parts: () => Promise.reject(new Error('no')),
    }
    cache = open({ ...historyStore({ clock }), journal: broken })
    const told: string[] = []
    cache.on((event) => event.type === 'failure' && told.push(event.operation))
    expect((await new Analyse({ cache }).explain(doc)).cause).toBe('unknown')
    expect(told).toContain('explain')
    await cache.close()
  })
})
