import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { standardCodec } from '../src/standard-codec.js'
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
