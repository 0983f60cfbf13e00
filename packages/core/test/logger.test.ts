import { Writable } from 'node:stream'
import { pino } from 'pino'
import { describe, expect, it, vi } from 'vitest'
import { FakeClock, faulty, mapStore } from '../../testkit/src/index.js'
import { type Cache, type CacheEvent, createCache, type Logger, type LogLevel } from '../src/index.js'
import { levelOf } from '../src/logger.js'
import { granaryError } from './expectations.js'
import { settled } from './stores.js'
import { Analyse, Document } from './workers.js'

const CANARY = 'canary-7f3a'
const doc = Document({ path: CANARY, text: CANARY })
const key = { namespace: '', keyDigest: '' }

/** pino, as a program would make it, with its lines as objects. */
function pinoInto(lines: Record<string, unknown>[]): Logger {
  const stream = new Writable({
    write(chunk, _, done) {
      for (const line of String(chunk).trim().split('\n')) lines.push(JSON.parse(line))
      done()
    },
  })
  return pino({ level: 'debug' }, stream)
}

/** Everything that a cache may tell of, with the canary in inputs, values, keys, tags and errors. */
async function livelyCache(make: (disk: ReturnType<typeof faulty>) => Cache): Promise<Cache> {
  const disk = faulty(mapStore({ name: 'disk' }))
  const cache = make(disk)
  const worker = new Analyse({ cache, caching: { tags: [CANARY] } })
  await worker.run(doc)
  await worker.run(doc)
  await cache.set(CANARY, { [CANARY]: CANARY }, { tags: [CANARY] })
  await cache.getOrCompute(`${CANARY}2`, () => ({ secret: () => CANARY }))
  await cache.getOrCompute(`${CANARY}3`, () => Promise.reject(new Error(CANARY))).catch(() => {})
  await cache.delete(CANARY)
  await cache.invalidateTags([CANARY])
  disk.fail('get', { error: new Error(`cannot read ${CANARY}`), times: 1 })
  await cache.get(CANARY)
  await settled()
  return cache
}

describe('the logger', () => {
  it('G10: is pino: each line has its level, its message and what is to be known', async () => {
    const lines: Record<string, unknown>[] = []
    const cache = createCache({ layers: [mapStore()], logger: pinoInto(lines), clock: new FakeClock() })
    await cache.namespace('a').getOrCompute('key', () => 1)
    await cache.namespace('a').getOrCompute('key', () => 1)
    await cache.invalidateTags(['t'])
    expect(lines.map(({ level, msg }) => [level, msg])).toEqual([
      [20, 'granary: miss in a'],
      [20, 'granary: compute in a'],
      [20, 'granary: store in a'],
      [20, 'granary: hit in a'],
      [30, 'granary: invalidate'],
    ])
    expect(lines[3]).toMatchObject({
      layer: 'map',
      namespace: '1:a',
      keyDigest: expect.stringMatching(/^[0-9a-f]{16}$/),
    })
  })

  it('G10: is the console', async () => {
    const methods = (['debug', 'info', 'warn', 'error'] as const).map((level) => {
      return [level, vi.spyOn(console, level).mockImplementation(() => {})] as const
    })
    try {
      await livelyCache((disk) => createCache({ layers: [mapStore(), disk], logger: console }))
      const used = methods.filter(([, method]) => method.mock.calls.length > 0).map(([level]) => level)
      expect(used).toEqual(['debug', 'info', 'warn', 'error'])
    } finally {
      for (const [, method] of methods) method.mockRestore()
    }
  })

  it('fault 46: never sees an input, a value, a key, a tag, or the text of a store’s error', async () => {
    const lines: Record<string, unknown>[] = []
    await livelyCache((disk) => createCache({ layers: [mapStore(), disk], logger: pinoInto(lines) }))
    expect(new Set(lines.map(({ level }) => level))).toEqual(new Set([20, 30, 40, 50]))
    expect(JSON.stringify(lines)).not.toContain(CANARY)
  })

  it('fault 46: sees keys and errors when the cache is debugged', async () => {
    const lines: Record<string, unknown>[] = []
    await livelyCache((disk) => createCache({ layers: [mapStore(), disk], logger: pinoInto(lines), debug: true }))
    expect(lines.some(({ key }) => key === CANARY)).toBe(true)
  })

  it.each<[LogLevel, Partial<CacheEvent>]>([
    ['debug', { type: 'hit', layer: 'memory', ...key }],
    ['debug', { type: 'stale-hit', layer: 'memory', reason: 'error', ...key }],
    ['debug', { type: 'negative-hit', kind: 'E', ...key }],
    ['debug', { type: 'miss', ...key }],
    ['debug', { type: 'refresh', ...key }],
    ['debug', { type: 'compute', ms: 1, ...key }],
    ['debug', { type: 'store', ...key }],
    ['debug', { type: 'delete', ...key }],
    ['debug', { type: 'explain', ...key }],
    ['debug', { type: 'refuse', reason: 'ttl', ...key }],
    ['info', { type: 'compute-failure', ms: 1, ...key }],
    ['info', { type: 'invalidate', tags: ['t'] }],
    ['warn', { type: 'refuse', reason: 'too-large', ...key }],
    ['warn', { type: 'refuse', reason: 'unsupported-value', ...key }],
    ['warn', { type: 'refuse', reason: 'failed', ...key }],
    ['warn', { type: 'timeout', ...key }],
    ['warn', { type: 'gap', layer: 'disk' }],
    ['warn', { type: 'warning', worker: 'w', fields: ['f'], message: 'm' }],
    ['error', { type: 'failure', layer: 'disk', operation: 'get', error: new Error() }],
    ['debug', { type: 'of a later version' as 'hit' }],
  ])('writes at the level %s: %o', (level, event) => {
    expect(levelOf(event as CacheEvent)).toBe(level)
  })

  it('that is none is refused, and one that throws breaks nothing', async () => {
    expect(() => createCache({ layers: [mapStore()], logger: { info() {} } as never })).toThrow(
      granaryError('INVALID_OPTION', /debug, warn, error/),
    )
    const fail = () => {
      throw new Error('no')
    }
    const logger = { debug: fail, info: fail, warn: fail, error: fail }
    expect(await createCache({ layers: [mapStore()], logger }).getOrCompute('key', () => 1)).toBe(1)
  })
})

describe('G17: caching.debug', () => {
  it('tells the key, hit or miss, and why, for every run', async () => {
    const lines: Record<string, unknown>[] = []
    const clock = new FakeClock()
    const cache = createCache({ layers: [mapStore()], logger: pinoInto(lines), clock })
    const told: CacheEvent[] = []
    cache.on((event) => event.type === 'explain' && told.push(event))
    const worker = new Analyse({ cache, caching: { debug: true, ttl: '1m' } })
    await worker.run(doc)
    await worker.run(doc)
    clock.advance('2m')
    await worker.run(doc)
    expect(told.map((event) => event.type === 'explain' && event.explanation.cause)).toEqual([
      'unknown',
      'fresh',
      'expired',
    ])
    expect(told[0]).toMatchObject({ key: worker.key(doc) })
    expect(lines.map(({ msg }) => msg)).toContain(`granary: expired at ${new Date(clock.now() - 60_000).toISOString()}`)
  })

  it('G17: a cache with debug tells why of every miss', async () => {
    const clock = new FakeClock()
    const cache = createCache({ layers: [mapStore()], clock, debug: true, ttl: '1m' })
    const told: unknown[] = []
    cache.on((event) => event.type === 'explain' && told.push([event.key, event.explanation.cause]))
    await cache.getOrCompute('key', () => 1)
    await cache.getOrCompute('key', () => 1)
    clock.advance('2m')
    await cache.getOrCompute('key', () => 1)
    await cache.delete('key')
    await cache.get('key')
    await settled()
    expect(told).toEqual([
      ['key', 'unknown'],
      ['key', 'expired'],
      ['key', 'deleted'],
    ])
  })

  it('is not told by a worker without it', async () => {
    const told: CacheEvent[] = []
    const cache = createCache({ layers: [mapStore()] })
    cache.on((event) => event.type === 'explain' && told.push(event))
    await new Analyse({ cache }).run(doc)
    expect(told).toEqual([])
  })
})
