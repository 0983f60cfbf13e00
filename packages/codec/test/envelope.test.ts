import { crc32 } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { rawLength } from '../src/envelope.js'
import { standardCodec } from '../src/standard-codec.js'
import { codeOf, envelopeOf, infoOf, shift } from './envelopes.js'
import { runs } from './values.js'

const codec = standardCodec()
const value = { name: 'Ada', list: [1, -0, 2n ** 70n], map: new Map([['k', new Uint8Array([1, 2])]]) }
const { key } = infoOf()

/** The same envelope after `change`, with a checksum that fits. */
function forged(change: (bytes: Uint8Array, view: DataView) => void): Uint8Array {
  const bytes = envelopeOf(codec, value)
  const view = new DataView(bytes.buffer)
  change(bytes, view)
  view.setUint32(bytes.length - 4, crc32(bytes.subarray(0, -4)), true)
  return bytes
}

describe('P6, fault 36: damaged bytes are never a value', () => {
  const subjects: [string, Uint8Array, string][] = [
    ['an object', envelopeOf(codec, value), key],
    ['undefined, without tags', envelopeOf(codec, undefined, infoOf('', { tags: [] })), infoOf('').key],
    ['bytes', envelopeOf(codec, new Uint8Array(32)), key],
  ]
  for (const [name, intact, itsKey] of subjects) {
    it(`${name}: every flip of one bit is CORRUPT`, async () => {
      expect((await codec.decode(intact, itsKey)).about.key).toBe(itsKey)
      for (let bit = 0; bit < intact.length * 8; bit++) {
        const flipped = intact.slice()
        flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7))
        expect(await codeOf(() => codec.decode(flipped, itsKey))).toBe('CORRUPT')
      }
    })

    it(`${name}: cut at any length is CORRUPT, and so is anything added`, async () => {
      for (let length = 0; length < intact.length; length++)
        expect(await codeOf(() => codec.decode(intact.subarray(0, length), itsKey))).toBe('CORRUPT')
      expect(await codeOf(() => codec.decode(Uint8Array.from([...intact, 0]), itsKey))).toBe('CORRUPT')
    })
  }

  it('every flip of one bit behind a checksum that fits is CORRUPT or a value, in no time', async () => {
    const length = envelopeOf(codec, value).length - 4
    for (let bit = 0; bit < length * 8; bit++) {
      const bytes = forged((all) => {
        all[bit >> 3] = (all[bit >> 3] as number) ^ (1 << (bit & 7))
      })
      const code = await codeOf(() => codec.decode(bytes, key))
      expect(code === 'CORRUPT' || code.includes('did not fail')).toBe(true)
    }
  })

  it('random bytes are CORRUPT', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (bytes) => {
        expect(await codeOf(() => codec.decode(bytes, key))).toBe('CORRUPT')
      }),
      runs(1000),
    )
  })

  it('what is not bytes at all is CORRUPT', async () => {
    for (const wrong of [undefined, null, 'text', [1], {}, new ArrayBuffer(100)])
      expect(await codeOf(() => codec.decode(wrong as never, key))).toBe('CORRUPT')
  })
})

describe('fault 14: bytes of another key are CORRUPT', () => {
  it('whichever of the two is longer', async () => {
    for (const other of ['', '4', '43', '42 ', '\u00044', '42'.repeat(5000), '\ud800'])
      expect(await codeOf(() => codec.decode(envelopeOf(codec, value), infoOf(other).key))).toBe('CORRUPT')
  })

  it('in another namespace', async () => {
    expect(await codeOf(() => codec.decode(envelopeOf(codec, value), '42'))).toBe('CORRUPT')
  })
})

describe('fault 41: what another version of the program wrote is CORRUPT, with a message that says so', () => {
  it('another version of the format', () => {
    const bytes = forged((all) => {
      all[3] = 2
    })
    expect(() => codec.decode(bytes, key)).toThrow(/version is 2/)
  })

  it('a flag, also the one that is reserved', () => {
    for (const flag of [1, 2, 0x80]) {
      const bytes = forged((all) => {
        all[4] = flag
      })
      expect(() => codec.decode(bytes, key)).toThrow(/flags/)
    }
  })

  it('a kind of content', () => {
    const bytes = forged((all) => {
      all[5] = 2
    })
    expect(() => codec.decode(bytes, key)).toThrow(/content/)
  })
})

describe('fault 45: forged lengths are CORRUPT', () => {
  for (const at of [56, 60, 64])
    it(`the one at ${at}`, async () => {
      for (const length of [0, 1, 10, 200, 0x7fff_ffff, 0xffff_ffff]) {
        const bytes = forged((_, view) => view.setUint32(at, length, true))
        expect(await codeOf(() => codec.decode(bytes, key))).toBe('CORRUPT')
      }
    })

  it('that of the payload, the number of tags and the length of a tag', async () => {
    const tagsAt = 68 + key.length
    for (const length of [0, 1, 200, 0xffff]) {
      const payload = forged((_, view) => view.setUint32(tagsAt + 6 + 1, length, true))
      expect(await codeOf(() => codec.decode(payload, key))).toBe('CORRUPT')
      const tag = forged((_, view) => view.setUint16(tagsAt, length, true))
      expect(await codeOf(() => codec.decode(tag, key))).toBe('CORRUPT')
    }
    for (const count of [0, 2, 0xffff]) {
      const tags = forged((_, view) => view.setUint16(6, count, true))
      expect(await codeOf(() => codec.decode(tags, key))).toBe('CORRUPT')
    }
  })
})

describe('fault 44: keys and tags', () => {
  it('of any well-formed text come back', async () => {
    const names = fc.array(fc.string({ unit: 'binary', maxLength: 30 }), { maxLength: 5 })
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary' }), names, async (name, tags) => {
        const about = infoOf(name, { tags })
        expect((await codec.decode(envelopeOf(codec, 1, about), about.key)).about).toEqual(about)
      }),
      runs(500),
    )
  })

  it('of the greatest length come back', async () => {
    const about = infoOf('🙂\0\n*'.repeat(13_000), { tags: ['🙂'.repeat(512), '%_*?'] })
    expect((await codec.decode(envelopeOf(codec, 1, about), about.key)).about).toEqual(about)
  })

  it('with a lone surrogate are INVALID_KEY', async () => {
    expect(await codeOf(() => codec.encode(1, infoOf('\ud800')))).toBe('INVALID_KEY')
    expect(await codeOf(() => codec.encode(1, infoOf('k', { tags: ['\udc00'] })))).toBe('INVALID_KEY')
  })
})

describe('metadata', () => {
  it('comes back as it was, Infinity and fractions included', async () => {
    const about = infoOf('k', {
      tags: [],
      createdAt: 0.5,
      freshUntil: Number.POSITIVE_INFINITY,
      computeMs: 1e-3,
      cost: 1e300,
      since: 2 ** 53 - 1,
    })
    expect((await codec.decode(envelopeOf(codec, 1, about), about.key)).about).toEqual(about)
  })

  it('tells a stage the length of the serialized value', () => {
    const stage = shift(200, 1)
    envelopeOf(standardCodec([stage]), new Uint8Array(1234))
    expect(rawLength(Uint8Array.from(stage.given[0] as number[]))).toBe(1234)
  })
})
