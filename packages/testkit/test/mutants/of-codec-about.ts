import { serialize } from 'node:v8'
import type { Codec } from '@granary/core'
import { type CodecMutant, changed, wrapping } from './build-codec.js'

let scratch = new Uint8Array(64)

export const ofAbout: CodecMutant[] = [
  [
    'drops the cost',
    'all metadata come back',
    changed({ pack: ({ value, about }) => serialize({ value, about: { ...about, cost: 0 } }) }),
  ],
  [
    'rounds times',
    'metadata at its limits',
    changed({
      pack: ({ value, about }) => serialize({ value, about: { ...about, createdAt: Math.round(about.createdAt) } }),
    }),
  ],
  [
    'encodes later',
    'as it was when it was encoded',
    wrapping((codec) => ({
      async encode(value, about) {
        await undefined
        return codec.encode(value, about)
      },
    })),
  ],
  [
    'reuses its buffer',
    'do not share memory',
    wrapping((codec) => ({
      async encode(value, about) {
        const bytes = await codec.encode(value, about)
        if (scratch.length < bytes.length) scratch = new Uint8Array(bytes.length)
        scratch.set(bytes)
        return scratch.subarray(0, bytes.length)
      },
    })),
  ],
  [
    'keeps what it works on in one place',
    'may be under way at once',
    wrapping((codec) => {
      let current: unknown
      return {
        async encode(value, about) {
          current = value
          await undefined
          return codec.encode(current, about)
        },
      }
    }),
  ],
  [
    'reads from the start of the buffer',
    'inside a larger buffer',
    wrapping((codec) => ({ decode: (bytes, key) => codec.decode(new Uint8Array(bytes.buffer), key) })),
  ],
  [
    'decodes in place',
    'left as they are',
    wrapping((codec) => ({
      decode(bytes, key) {
        const decoded = codec.decode(Uint8Array.from(bytes), key)
        bytes.fill(0)
        return decoded
      },
    })),
  ],
  [
    'remembers what it decoded',
    'to a value of its own',
    wrapping((codec) => {
      const known = new Map<string, Awaited<ReturnType<Codec['decode']>>>()
      return {
        async decode(bytes, key) {
          const text = Buffer.from(bytes).toString('base64')
          const decoded = known.get(text + key) ?? (await codec.decode(bytes, key))
          known.set(text + key, decoded)
          return decoded
        },
      }
    }),
  ],
]
