import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { FakeClock, mapStore } from '../../testkit/src/index.js'
import {
  CachedTaskWorker,
  type Caching,
  type Computation,
  cached,
  createCache,
  defineTask,
  type Run,
  type Store,
  type TaskOf,
} from '../src/index.js'
import { remoteStore, settled } from './stores.js'

const Url = defineTask('url', z.object({ url: z.string() }))
const Page = defineTask('page', z.object({ etag: z.string(), text: z.string() }))
type Url = TaskOf<typeof Url>
type Page = TaskOf<typeof Page>

class Down extends Error {
  override readonly name = 'Down'
}

/** Fetches a page that has not changed unless it is told so. */
class Fetch extends CachedTaskWorker<Url, Page> {
  readonly name = 'fetch'
  readonly inputType = Url
  readonly outputTypes = [Page]
  override readonly caching: Caching = { ttl: '10s', staleIfError: '1m', retryAfter: '2s', negativeTtl: { Down: '5s' } }
  readonly seen: (string | undefined)[] = []
  version = 1
  isDown = false

  async consumeWork({ url }: Url, run: Run<Page>): Promise<void> {
    if (this.isDown) throw new Down()
    const etag = run.stale?.value[0]?.etag
    this.seen.push(etag)
    if (etag === `v${this.version}`) run.notModified()
    else run.publishWork(Page({ etag: `v${this.version}`, text: url }))
  }
}

const STACKS: Record<string, () => Store[]> = {
  'a near layer': () => [mapStore()],
  'near over remote': () => [mapStore(), remoteStore()],
}

describe.each(Object.entries(STACKS).map(([name, make]) => ({ name, make })))('a worker over $name', ({ make }) => {
  function open(caching: Caching = {}) {
    const clock = new FakeClock()
    const worker = new Fetch({ cache: createCache({ layers: make(), clock }), caching })
    const run = async () => (await worker.run(Url({ url: 'u' })))[0]?.etag
    return { clock, worker, run }
  }

  it('B12: sees its outputs of the last time, and renews them or publishes others', async () => {
    const { clock, worker, run } = open()
    expect(await run()).toBe('v1')
    clock.advance('10s')
    expect(await run()).toBe('v1')
    clock.advance('9s')
    expect(await run()).toBe('v1')
    worker.version = 2
    clock.advance('1s')
    expect(await run()).toBe('v2')
    expect(worker.seen).toEqual([undefined, 'v1', 'v1'])
  })

  it('B3: has its stale outputs served where it fails', async () => {
    const { clock, worker, run } = open()
    await run()
    clock.advance('10s')
    worker.isDown = true
    expect([await run(), await run()]).toEqual(['v1', 'v1'])
    worker.isDown = false
    clock.advance('2s')
    expect(await run()).toBe('v1')
    expect(worker.seen).toEqual([undefined, 'v1'])
    expect(await worker.cacheStats()).toMatchObject({ staleHits: 2, throttled: 1, computeFailures: 1 })
  })

  it('B2: is run in the background, with the options of its constructor over those of its class', async () => {
    const { clock, worker, run } = open({ staleWhileRevalidate: '1m', staleIfError: 0 })
    await run()
    clock.advance('10s')
    worker.version = 2
    expect(await run()).toBe('v1')
    await settled()
    expect(await run()).toBe('v2')
  })

  it('has its rejections cached by kind', async () => {
    const { worker, run } = open()
    worker.isDown = true
    await expect(run()).rejects.toThrow(Down)
    worker.isDown = false
    await expect(run()).rejects.toThrow(Down)
    expect(worker.seen).toEqual([])
    expect(await worker.getFromCache(Url({ url: 'u' }))).toBeUndefined()
    expect(await worker.isCached(Url({ url: 'u' }))).toBe(false)
  })
})

describe('cached functions', () => {
  it('take the same options', async () => {
    const clock = new FakeClock()
    const cache = createCache({ layers: [mapStore()], clock })
    let calls = 0
    const count = cached(async () => ++calls, { name: 'count', cache, ttl: '10s', staleWhileRevalidate: '1m' })
    await count()
    clock.advance('10s')
    expect(await count()).toBe(1)
    await settled()
    expect(await count()).toBe(2)
    expect(() => cached(async () => 1, { name: 'x', cache, staleIfError: 'soon' })).toThrow(/staleIfError/)
  })
})

describe('doubles for tests', () => {
  it('of a computation and of a run need nothing but what the interfaces say', async () => {
    const computation: Computation = {
      signal: new AbortController().signal,
      stale: undefined,
      ttl: undefined,
      cost: 0,
      store: true,
      tags: [],
      tag: () => {},
      notModified: () => {
        throw new Error('nothing stale')
      },
    }
    const published: Page[] = []
    const { signal } = computation
    const run: Run<Page> = {
      signal,
      elapsedMs: 0,
      stale: undefined,
      ttl: undefined,
      cost: 0,
      tag: () => {},
      notModified: () => {},
      publishWork: (page) => void published.push(page),
    }
    const worker = new Fetch({ cache: createCache({ layers: [mapStore()] }) })
    await worker.consumeWork(Url({ url: 'u' }), run)
    expect(published.map(({ text }) => text)).toEqual(['u'])
  })
})
