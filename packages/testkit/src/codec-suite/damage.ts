import assert from 'node:assert/strict'
import type { Codec } from '@granary/core'
import { ABOUT, type CodecCase } from './case.js'

const VALUE = { text: 'a value of some length, so that there is something to damage', list: [1, 2.5, null] }

/** Decoding these bytes is refused, as bytes that are not intact. */
async function isCorrupt(codec: Codec, bytes: Uint8Array, what: string, key: string = ABOUT.key): Promise<void> {
  let error: unknown
  try {
    await codec.decode(bytes, key)
  } catch (thrown) {
    error = thrown
  }
  assert.ok(error !== undefined, `${what} was decoded`)
  assert.equal((error as { code?: unknown }).code, 'CORRUPT', `${what} was refused with: ${String(error)}`)
}

const encoding = (codec: Codec) => codec.encode(VALUE, ABOUT)

export const damage: readonly CodecCase[] = [
  {
    rule: 'bytes of one key are refused for every other',
    async check(codec) {
      const bytes = await encoding(codec)
      for (const key of ['', 'the key', 'another', `${ABOUT.key} `, ABOUT.key.slice(0, -1), ABOUT.key.toUpperCase()])
        await isCorrupt(codec, bytes, `the encoding for another key than ${JSON.stringify(key)}`, key)
      assert.deepEqual((await codec.decode(bytes, ABOUT.key)).value, VALUE)
    },
  },
  {
    rule: 'every flip of a single bit is refused',
    async check(codec) {
      const bytes = await encoding(codec)
      for (let bit = 0; bit < bytes.length * 8; bit++) {
        const damaged = Uint8Array.from(bytes)
        damaged[bit >> 3] = (damaged[bit >> 3] as number) ^ (1 << (bit & 7))
        await isCorrupt(
          codec,
          damaged,
          `an encoding with bit ${bit & 7} of byte ${bit >> 3} of ${bytes.length} flipped`,
        )
      }
      assert.deepEqual((await codec.decode(bytes, ABOUT.key)).value, VALUE)
    },
  },
  {
    rule: 'every truncation is refused, at the end and at the beginning',
    async check(codec) {
      const bytes = await encoding(codec)
      for (let length = 0; length < bytes.length; length++) {
        await isCorrupt(codec, bytes.slice(0, length), `the first ${length} of ${bytes.length} bytes`)
        await isCorrupt(codec, bytes.slice(bytes.length - length), `the last ${length} of ${bytes.length} bytes`)
      }
    },
  },
  {
    rule: 'bytes before or after an encoding are refused',
    async check(codec) {
      const bytes = await encoding(codec)
      for (const extra of [Uint8Array.of(0), Uint8Array.of(0xff), bytes]) {
        await isCorrupt(codec, Buffer.concat([bytes, extra]), `an encoding with ${extra.length} bytes after it`)
        await isCorrupt(codec, Buffer.concat([extra, bytes]), `an encoding with ${extra.length} bytes before it`)
      }
    },
  },
  {
    rule: 'the beginning of one encoding with the end of another is refused',
    async check(codec) {
      const one = await encoding(codec)
      const other = await codec.encode({ ...VALUE, list: [3, 4.5, null] }, { ...ABOUT, tags: ['a tag', '3'] })
      for (let at = 1; at < Math.min(one.length, other.length); at++) {
        const mixed = Buffer.concat([one.subarray(0, at), other.subarray(at)])
        if (!mixed.equals(one) && !mixed.equals(other)) await isCorrupt(codec, mixed, `two encodings joined at ${at}`)
      }
    },
  },
  {
    rule: 'bytes that were never an encoding are refused',
    async check(codec) {
      await isCorrupt(codec, new Uint8Array(), 'nothing')
      for (const byte of [0, 1, 0x7f, 0xff]) await isCorrupt(codec, new Uint8Array(200).fill(byte), `200 × ${byte}`)
      await isCorrupt(codec, Buffer.from(JSON.stringify({ value: VALUE, about: ABOUT })), 'JSON')
    },
  },
]
