import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { crc32 } from 'node:zlib'
import type { Entry } from '@granary/core'
import { mapStore } from '@granary/testkit'
import { describe, expect, it } from 'vitest'
import { importBundle } from '../src/import-bundle.js'
import { standardCodec } from '../src/standard-codec.js'
import { bundledRows, CLOCK } from './bundled.js'
import { envelopeOf, infoOf, shift } from './envelopes.js'

const text = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8')
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')

describe('docs/format.md', () => {
  const document = text('../../../docs/format.md')

  it('has an example that is written and read as it says', async () => {
    const block = /```hex\n([\s\S]*?)```/.exec(document)?.[1] ?? ''
    const documented = block.replaceAll(/ {2,}.*$/gm, '').replaceAll(/\s/g, '')
    const value = { name: 'Ada', n: -0 }
    expect(hex(envelopeOf(standardCodec(), value))).toBe(documented)
    const decoded = await standardCodec().decode(Buffer.from(documented, 'hex'), infoOf().key)
    expect(decoded).toEqual({ value, about: infoOf() })
  })
})

describe('fault 41: what version 1 of the format ever wrote', () => {
  const stages = [shift(200, 1), shift(201, 2)]
  const values: Record<string, unknown> = {
    'plain data': {
      name: 'Ada',
      langs: ['en', 'fr'],
      score: 0.5,
      ok: true,
      none: null,
      big: 2 ** 40,
      text: 'ü'.repeat(40),
    },
    'numbers and bigints': [-0, Number.NaN, Number.NEGATIVE_INFINITY, -1n, 2n ** 64n - 1n, -(2n ** 100n)],
    'what msgpack lacks': {
      date: [new Date(1), new Date(-1), new Date(Number.NaN)],
      map: new Map<unknown, unknown>([[{ a: 1 }, new Set([undefined, '\ufefftext'])]]),
      views: [
        new Uint8Array([1, 2]),
        new Float64Array([0.5]),
        new Uint16Array([1]).buffer,
        new DataView(new ArrayBuffer(2)),
      ],
      own: JSON.parse('{ "__proto__": 1, "constructor": 2 }'),
    },
    bytes: new Uint8Array([0, 1, 254, 255]),
    undefined: undefined,
    'in stages': { staged: true },
  }
  const stored = JSON.parse(text('./fixtures/version-1.json')) as Record<string, string>

  it('is all there', () => expect(Object.keys(stored)).toEqual(Object.keys(values)))

  for (const [name, value] of Object.entries(values))
    it(`is read: ${name}`, async () => {
      const codec = standardCodec(name === 'in stages' ? stages : [])
      const decoded = await codec.decode(Buffer.from(stored[name] as string, 'hex'), infoOf(name).key)
      expect(decoded).toStrictEqual({ value, about: infoOf(name) })
    })
})

describe('N10, fault 41: a bundle that version 1 wrote', () => {
  const { 'in the clear': stored } = JSON.parse(text('./fixtures/bundle-1.json')) as Record<string, string>
  const bundle = Buffer.from(stored as string, 'hex')

  it('is read', async () => {
    const rows = new Map<string, Entry>()
    const report = await importBundle(mapStore({ map: rows }), new Blob([bundle]).stream(), { clock: CLOCK })
    expect(report).toEqual({ imported: 3, refused: {}, isWhole: true })
    expect(rows).toStrictEqual(bundledRows())
  })

  /** With nothing but what the page says. */
  it('is as docs/format.md describes it', async () => {
    expect(hex(bundle.subarray(0, 4))).toBe('47524201')
    const records: { at: number; envelope: Buffer }[] = []
    for (let at = 4; at < bundle.length; ) {
      const length = bundle.readUInt32LE(at)
      expect(bundle.readUInt32LE(at + 4)).toBe(crc32(bundle.subarray(at, at + 4)))
      records.push({ at, envelope: bundle.subarray(at + 8, at + 8 + length) })
      at += 8 + length
    }
    const { at, envelope } = records.pop() as (typeof records)[number]
    const key = '\u000114:granary bundle;end'
    const end = await standardCodec().decode(envelope, key)
    const sha256 = createHash('sha256').update(bundle.subarray(0, at)).digest()
    expect(end.value).toEqual({ entries: 3, sha256: Uint8Array.from(sha256) })
    for (const [i, [name, { value }]] of [...bundledRows()].entries()) {
      expect((await standardCodec().decode(records[i]?.envelope as Buffer, name)).value).toStrictEqual(value)
    }
  })
})
