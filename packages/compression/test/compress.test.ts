import { encoded, standardCodec } from '@granary/codec'
import { createCache, type Store } from '@granary/core'
import { codecSuite, historyStore, mapStore, storeSuite } from '@granary/testkit'
import fc from 'fast-check'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { type CompressOptions, compress } from '../src/compress.js'
import { associatedWith, errorOf, jsonOf, noiseOf } from './bytes.js'

const ENGINES: readonly CompressOptions[] = [{ engine: 'zlib' }, { engine: 'fflate' }, { algorithm: 'zstd' }]
const eager = { threshold: 1, minimumSaving: 0 }

afterEach(() => vi.unstubAllGlobals())

for (const options of ENGINES) {
  const name = `compress(${JSON.stringify(options)})`
  codecSuite({ describe, it }, name, { create: () => standardCodec([compress({ ...options, ...eager })]) })
  storeSuite({ describe, it }, `encoded through ${name}`, {
    create: () => encoded(historyStore() as Store<Uint8Array>, standardCodec([compress({ ...options, ...eager })])),
  })

  describe(name, () => {
    const stage = compress(options)

    it.each([1_024, 50_000, 65_536, 65_537, 300_000])('gives %i bytes back as they were, and kept fewer', async (n) => {
      const bytes = jsonOf(n)
      const made = (await stage.encode(bytes, associatedWith(n))) as Uint8Array
      expect(made.length).toBeLessThan(n / 2)
      expect(Buffer.compare(await stage.decode(made, associatedWith(n)), bytes)).toBe(0)
    })

    it('gives any bytes back as they were', () =>
      fc.assert(
        fc.asyncProperty(fc.uint8Array({ maxLength: 3_000 }), fc.integer({ min: 1, max: 40 }), async (part, times) => {
          const whole = new Uint8Array(part.length * times)
          for (let at = 0; at < times; at++) whole.set(part, at * part.length)
          const associated = associatedWith(whole.length)
          const made = await compress({ ...options, ...eager }).encode(whole, associated)
          if (made === undefined) return
          expect(Buffer.compare(await stage.decode(made, associated), whole)).toBe(0)
        }),
        { numRuns: 100 },
      ))

    it('works off the main thread above 64 KB, and at once below', () => {
      expect(stage.encode(jsonOf(65_536), associatedWith(65_536))).toBeInstanceOf(Uint8Array)
      expect(stage.encode(jsonOf(65_537), associatedWith(65_537))).toBeInstanceOf(Promise)
    })

    it('G16: leaves bytes as they are that are short, long, or saved too little of', async () => {
      expect(await stage.encode(jsonOf(1_023), associatedWith(1_023))).toBeUndefined()
      expect(await stage.encode(noiseOf(5_000), associatedWith(5_000))).toBeUndefined()
      expect(await stage.encode(noiseOf(100_000), associatedWith(100_000))).toBeUndefined()
      const json = jsonOf(20_000)
      const strict = compress({ ...options, minimumSaving: 0.95 })
      expect(await strict.encode(json, associatedWith(20_000))).toBeUndefined()
      const small = compress({ ...options, maxLength: '10kb' })
      expect(await small.encode(json, associatedWith(20_000))).toBeUndefined()
    })

    it('leaves bytes as they are that another stage has changed before it', async () => {
      expect(await stage.encode(jsonOf(5_000), associatedWith(5_001))).toBeUndefined()
    })

    it('writes nothing that it would take for a bomb', async () => {
      const zeros = new Uint8Array(4 * 1024 ** 2)
      expect(await stage.encode(zeros, associatedWith(zeros.length))).toBeUndefined()
      const fewer = zeros.subarray(0, 1024 ** 2)
      const made = (await stage.encode(fewer, associatedWith(fewer.length))) as Uint8Array
      expect(made.length).toBeLessThan(2_000)
      expect(await stage.decode(made, associatedWith(fewer.length))).toHaveLength(fewer.length)
    })

    it('fault 36: gives something else than the value, or fails, for bytes that it did not make', async () => {
      const json = jsonOf(5_000)
      const made = (await stage.encode(json, associatedWith(5_000))) as Uint8Array
      for (const bytes of [noiseOf(500), new Uint8Array(), made.subarray(0, made.length >> 1), made.subarray(1)]) {
        const decoded = Promise.resolve().then(() => stage.decode(bytes, associatedWith(5_000)))
        expect((await decoded.catch(() => [])).length).not.toBe(5_000)
      }
    })
  })
}

describe('entries of one engine', () => {
  it.each([20_000, 100_000])('are read by the others, at %i bytes', async (length) => {
    const json = jsonOf(length)
    const associated = associatedWith(length)
    for (const writer of ['zlib', 'fflate'] as const)
      for (const reader of ['zlib', 'fflate'] as const) {
        const made = (await compress({ engine: writer }).encode(json, associated)) as Uint8Array
        expect(Buffer.compare(await compress({ engine: reader }).decode(made, associated), json)).toBe(0)
      }
  })

  it('of Zstandard and of DEFLATE have ids of their own: one stage can follow the other', async () => {
    const [zstd, deflate] = [compress({ algorithm: 'zstd' }), compress()]
    expect([zstd.id, deflate.id]).toEqual([4, 1])
    const rows = new Map()
    const bytes = mapStore({ map: rows }) as Store<Uint8Array>
    const before = createCache({ layers: [encoded(bytes, standardCodec([deflate]))] })
    const after = createCache({ layers: [encoded(bytes, standardCodec([zstd, deflate]))] })
    const value = { text: 'said again and again, '.repeat(500) }
    await before.set('old', value)
    await after.set('new', value)
    expect(await after.getMany(['old', 'new'])).toEqual([value, value])
    for (const { value: stored } of rows.values()) expect(stored.length).toBeLessThan(400)
  })
})

describe('a runtime without zlib', () => {
  it('works with fflate and the streams of the web, or fflate alone', async () => {
    vi.stubGlobal('process', undefined)
    for (const streams of [true, false]) {
      if (!streams) vi.stubGlobal('CompressionStream', undefined)
      const stage = compress()
      const json = jsonOf(100_000)
      const made = await stage.encode(json, associatedWith(json.length))
      expect(stage.encode(json, associatedWith(json.length)) instanceof Promise).toBe(streams)
      expect(Buffer.compare(await stage.decode(made as Uint8Array, associatedWith(json.length)), json)).toBe(0)
    }
  })

  it('is told so by what needs it', async () => {
    vi.stubGlobal('process', undefined)
    for (const options of [{ engine: 'zlib' }, { algorithm: 'zstd' }] as const)
      expect((await errorOf(() => compress(options))).code).toBe('UNSUPPORTED_RUNTIME')
  })
})

it('options out of range are refused, by name', async () => {
  for (const [options, named] of [
    [{ level: 0 }, 'level'],
    [{ level: 10 }, 'level'],
    [{ level: 20, algorithm: 'zstd' }, 'level'],
    [{ level: 1.5 }, 'level'],
    [{ minimumSaving: 1 }, 'minimumSaving'],
    [{ minimumSaving: Number.NaN }, 'minimumSaving'],
    [{ threshold: 0 }, 'threshold'],
    [{ maxLength: 'much' }, 'maxLength'],
    [{ engine: 'gzip' }, 'engine'],
    [{ algorithm: 'toString' }, 'algorithm'],
    [{ algorithm: 'zstd', engine: 'fflate' }, 'algorithm'],
    [{ treshold: 5 }, 'treshold'],
  ] as [CompressOptions, string][]) {
    const error = await errorOf(() => compress(options))
    expect(error.code).toBe('INVALID_OPTION')
    expect(error.message).toContain(named)
  }
})
