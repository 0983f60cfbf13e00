import { deflateRawSync, zstdCompressSync } from 'node:zlib'
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { type CompressOptions, compress } from '../src/compress.js'
import { associatedWith, errorOf } from './bytes.js'

const MB = 1024 ** 2
const LENGTH = 512 * MB

let bombs: Record<'deflate' | 'zstd', Uint8Array>

beforeAll(() => {
  const zeros = Buffer.alloc(LENGTH)
  bombs = { deflate: deflateRawSync(zeros, { level: 9 }), zstd: zstdCompressSync(zeros) }
}, 60_000)

afterEach(() => vi.unstubAllGlobals())

/** The most that is held at once while something is refused, beyond what was held before; and how long it took. */
async function costOf(action: () => unknown): Promise<{ megabytes: number; ms: number; reason: string | undefined }> {
  const before = process.memoryUsage().rss
  const start = performance.now()
  const { reason } = await errorOf(action)
  return { megabytes: (process.memoryUsage().rss - before) / MB, ms: performance.now() - start, reason }
}

const CLAIMS = [
  ['the truth', LENGTH],
  ['as much as is allowed', 256 * MB],
  ['a thousand bytes', 1_000],
  ['a megabyte', MB],
  ['nothing', 0],
  ['the most that can be said', 2 ** 32 - 1],
] as const

const ENGINES: readonly (CompressOptions & { streams?: boolean })[] = [
  { engine: 'zlib' },
  { engine: 'fflate' },
  { engine: 'fflate', streams: false },
  { algorithm: 'zstd' },
]

describe.each(ENGINES)('fault 42: a bomb of half a gigabyte, $engine $algorithm, streams: $streams', (options) => {
  const { streams, ...own } = options

  it.each(CLAIMS)('that says %s of its length is refused soon and in little memory', async (_, claim) => {
    if (streams === false) vi.stubGlobal('DecompressionStream', undefined)
    const stage = compress(own)
    const { megabytes, ms, reason } = await costOf(() =>
      stage.decode(bombs[own.algorithm ?? 'deflate'], associatedWith(claim)),
    )
    expect(reason).toBe('too-large')
    expect(ms).toBeLessThan(250)
    expect(megabytes).toBeLessThan(64)
  })
})

it('fault 42: what is within the ratio costs what it says, and no more', async () => {
  const bytes = deflateRawSync(Buffer.alloc(64 * MB), { level: 9 }).subarray(0, 20_000)
  for (const engine of ['zlib', 'fflate'] as const) {
    const error = await errorOf(() => compress({ engine }).decode(bytes, associatedWith(5_000_001)))
    expect(error.reason).toBe('too-large')
  }
})
