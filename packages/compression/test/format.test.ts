import { readFileSync } from 'node:fs'
import { inflateRawSync, zstdDecompressSync } from 'node:zlib'
import { standardCodec } from '@granary/codec'
import { type KeyedInfo, namespacePath, physicalKey } from '@granary/core'
import { describe, expect, it } from 'vitest'
import { type CompressOptions, compress } from '../src/compress.js'

const namespace = namespacePath('', 'users')
/** As that of the example in `docs/format.md`. */
const about: KeyedInfo = {
  key: physicalKey(namespace, '42'),
  namespace,
  tags: ['team'],
  createdAt: Date.UTC(2026, 0, 1),
  freshUntil: Date.UTC(2026, 0, 1, 1),
  staleUntil: Number.POSITIVE_INFINITY,
  computeMs: 12.5,
  cost: 0,
  since: 7,
}
const value = { name: 'Ada', text: 'said again and again, '.repeat(60) }
const stored = JSON.parse(readFileSync(new URL('./fixtures/version-1.json', import.meta.url), 'utf8')) as Record<
  'deflate' | 'zstd',
  string
>
const READERS: Record<'deflate' | 'zstd', CompressOptions[]> = {
  deflate: [{ engine: 'zlib' }, { engine: 'fflate' }],
  zstd: [{ algorithm: 'zstd' }],
}

describe.each(['deflate', 'zstd'] as const)('fault 41: what version 1 of the format wrote through %s', (algorithm) => {
  const bytes = Buffer.from(stored[algorithm], 'hex')

  it.each(READERS[algorithm])('is read by %o', async (options) => {
    expect(await standardCodec([compress(options)]).decode(bytes, about.key)).toEqual({ value, about })
  })

  it('is as docs/format.md describes it', async () => {
    const headEnd = 68 + bytes.readUInt32LE(56) + bytes.readUInt32LE(60)
    expect([...bytes.subarray(headEnd, headEnd + 2)]).toEqual([1, algorithm === 'deflate' ? 1 : 4])
    const payload = bytes.subarray(headEnd + 6, -4)
    expect(bytes.readUInt32LE(headEnd + 2)).toBe(payload.length)
    const raw = algorithm === 'deflate' ? inflateRawSync(payload) : zstdDecompressSync(payload)
    expect(raw.length).toBe(bytes.readUInt32LE(64))
    const plain = (await standardCodec().encode(value, about)) as Uint8Array
    expect(raw.equals(plain.subarray(headEnd + 5, -4))).toBe(true)
  })
})
