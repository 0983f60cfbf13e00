import { deserialize } from 'node:v8'
import { crc32 } from 'node:zlib'
import { GranaryError } from '@granary/core'
import type { Parts } from '../sealed-codec.js'
import { type CodecMutant, changed, wrapping } from './build-codec.js'

const weak = (bytes: Uint8Array) => Buffer.alloc(32, bytes.length)

export const ofDamage: CodecMutant[] = [
  ['does not look at the key', 'refused for every other', changed({ fits: () => true })],
  [
    'compares keys without their ends',
    'refused for every other',
    changed({ fits: (written, asked) => asked.startsWith(written.slice(0, -1)) }),
  ],
  [
    'checks half of the bytes',
    'every flip of a single bit',
    changed({ sum: (bytes) => Buffer.alloc(32, crc32(bytes.subarray(bytes.length >> 1))), unpack: lenient }),
  ],
  ['checks the length only', 'every flip of a single bit', changed({ sum: weak, unpack: lenient })],
  [
    'can do without its last byte',
    'every truncation',
    wrapping((codec) => ({
      encode: async (value, about) => Buffer.concat([await codec.encode(value, about), Uint8Array.of(0)]),
      decode: (bytes, key) => codec.decode(bytes.at(-1) === 0 ? bytes.subarray(0, -1) : bytes, key),
    })),
  ],
  [
    'reads on to the last whole encoding',
    'bytes before or after',
    wrapping((codec) => ({
      async decode(bytes, key) {
        for (let end = bytes.length; end > bytes.length - 2; end--)
          try {
            return await codec.decode(bytes.subarray(0, end), key)
          } catch {}
        return codec.decode(bytes, key)
      },
    })),
  ],
  ['checks the length only', 'the beginning of one encoding', changed({ sum: weak, unpack: lenient })],
  [
    'takes zeros for nothing',
    'never an encoding',
    wrapping((codec) => ({
      decode: (bytes, key) =>
        bytes.length > 100 && bytes.every((byte) => byte === 0)
          ? codec.decode(codec.encode(0, { key } as never) as Uint8Array, key)
          : codec.decode(bytes, key),
    })),
  ],
  [
    'fails with another error',
    'never an encoding',
    wrapping((codec) => ({
      async decode(bytes, key) {
        if (bytes.length === 0) throw new RangeError('out of bounds')
        return codec.decode(bytes, key)
      },
    })),
  ],
]

/** Reads what can be read; the rest is as it was written by chance. */
function lenient(bytes: Uint8Array): ReturnType<Parts['unpack']> {
  try {
    return deserialize(bytes)
  } catch {
    throw new GranaryError('CORRUPT', 'cannot be read')
  }
}
