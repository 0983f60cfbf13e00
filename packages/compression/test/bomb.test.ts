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

const LONGEST = 250
const MOST_MB = 64

interface Cost {
  readonly megabytes: number
  readonly ms: number
  readonly reason: string | undefined
}

/** The most that is held beyond what was held before, while something is refused; the least of three times that it took, if other programs are in the way. */
async function costOf(action: () => unknown): Promise<Cost> {
  let cost = await onceCostOf(action)
  for (let again = 0; again < 2 && cost.ms > LONGEST; again++) {
    const { ms, megabytes } = await onceCostOf(action)
    cost = { ...cost, ms: Math.min(cost.ms, ms), megabytes: Math.max(cost.megabytes, megabytes) }
  }
  return cost
}

async function onceCostOf(action: () => unknown): Promise<Cost> {
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
    expect(ms).toBeLessThan(LONGEST)
    expect(megabytes).toBeLessThan(MOST_MB)
  })
})

it('fault 42: what is within the ratio costs what it says, and no more', async () => {
  const bytes = deflateRawSync(Buffer.alloc(64 * MB), { level: 9 }).subarray(0, 20_000)
  for (const engine of ['zlib', 'fflate'] as const) {
    const error = await errorOf(() => compress({ engine }).decode(bytes, associatedWith(5_000_001)))
    expect(error.reason).toBe('too-large')
  }
})
