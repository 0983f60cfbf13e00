import assert from 'node:assert/strict'
import { type Codec, namespacePath, physicalKey } from '@granary/core'
import { SAMPLE_VALUES } from '../sample-values.js'
import { ABOUT, type CodecCase } from './case.js'

async function comesBack(codec: Codec, value: unknown): Promise<void> {
  const bytes = await codec.encode(value, ABOUT)
  assert.ok(bytes instanceof Uint8Array, 'the encoding is no Uint8Array')
  const decoded = await codec.decode(bytes, ABOUT.key)
  assert.deepEqual(decoded.value, value)
}

const samples = Object.entries(SAMPLE_VALUES).map(
  ([name, value]): CodecCase => ({
    rule: `${name}: comes back equal`,
    async check(codec) {
      await comesBack(codec, value())
      await comesBack(codec, { nested: [value()] })
    },
  }),
)

export const roundTrip: readonly CodecCase[] = [
  ...samples,
  {
    rule: 'the key and all metadata come back',
    async check(codec) {
      const { about } = await codec.decode(await codec.encode(1, ABOUT), ABOUT.key)
      assert.deepEqual({ ...about }, { ...ABOUT, ...(about.size === undefined ? {} : { size: about.size }) })
    },
  },
  {
    rule: 'metadata at its limits comes back: forever, no tags, many tags, hostile names, fractions',
    async check(codec) {
      const namespace = namespacePath(namespacePath('', 'a:b;c'), '👩‍🚀')
      const forever = Number.POSITIVE_INFINITY
      for (const about of [
        { ...ABOUT, key: '', namespace: '', tags: [], freshUntil: forever, createdAt: 0, computeMs: 0, cost: 0 },
        { ...ABOUT, key: physicalKey(namespace, 'nul\0'), namespace, tags: ['', ',', '"', '\n', '👩‍🚀'], cost: 1e-9 },
        { ...ABOUT, tags: Array.from({ length: 200 }, (_, at) => `tag ${at}`), createdAt: 1_764_000_000_000.25 },
        { ...ABOUT, key: 'k'.repeat(60_000), namespace: '' },
      ]) {
        const decoded = await codec.decode(await codec.encode(null, about), about.key)
        const { size: _, ...found } = decoded.about
        assert.deepEqual(found, about)
      }
    },
  },
  {
    rule: 'an encoding keeps the value as it was when it was encoded',
    async check(codec) {
      const value = { bytes: new Uint8Array([1, 2, 3]), list: [1] }
      const encoding = codec.encode(value, ABOUT)
      value.bytes.fill(9)
      value.list.push(2)
      const { value: decoded } = await codec.decode(await encoding, ABOUT.key)
      assert.deepEqual(decoded, { bytes: new Uint8Array([1, 2, 3]), list: [1] })
    },
  },
  {
    rule: 'encodings do not share memory: one stays as it is while others are made',
    async check(codec) {
      const first = await codec.encode('first', ABOUT)
      for (let at = 0; at < 50; at++) await codec.encode(`other ${at}`, { ...ABOUT, key: `other ${at}` })
      assert.equal((await codec.decode(first, ABOUT.key)).value, 'first')
    },
  },
  {
    rule: 'many encodings and decodings may be under way at once',
    async check(codec) {
      const values = Array.from({ length: 50 }, (_, at) => ({ at, text: 'x'.repeat(at * 100) }))
      const infos = values.map((_, at) => ({ ...ABOUT, key: `key ${at}`, namespace: '' }))
      const encoded = await Promise.all(infos.map((about, at) => codec.encode(values[at], about)))
      const decoded = await Promise.all(encoded.map((bytes, at) => codec.decode(bytes, `key ${at}`)))
      assert.deepEqual(
        decoded.map(({ value, about }) => [value, about.key]),
        values.map((value, at) => [value, `key ${at}`]),
      )
    },
  },
  {
    rule: 'bytes inside a larger buffer are decoded, and are left as they are',
    async check(codec) {
      const bytes = await codec.encode({ a: [1, 'two'] }, ABOUT)
      const larger = new Uint8Array(bytes.length + 20).fill(0xff)
      larger.set(bytes, 7)
      const before = larger.slice()
      const { value } = await codec.decode(larger.subarray(7, 7 + bytes.length), ABOUT.key)
      assert.deepEqual(value, { a: [1, 'two'] })
      assert.deepEqual(larger, before)
    },
  },
  {
    rule: 'one encoding can be decoded many times, each time to a value of its own',
    async check(codec) {
      const bytes = await codec.encode({ list: [1] }, ABOUT)
      const first = (await codec.decode(bytes, ABOUT.key)).value as { list: number[] }
      assert.deepEqual(first, { list: [1] })
      const second = (await codec.decode(bytes, ABOUT.key)).value as { list: number[] }
      assert.deepEqual(second, { list: [1] })
      assert.notEqual(first, second)
      assert.notEqual(first.list, second.list)
    },
  },
]
