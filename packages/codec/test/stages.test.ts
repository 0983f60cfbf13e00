import { GranaryError } from '@granary/core'
import { describe, expect, it } from 'vitest'
import { standardCodec } from '../src/standard-codec.js'
import { codeOf, envelopeOf, errorOf, infoOf, shift } from './envelopes.js'

const value = { text: 'some text', list: [1, 2, 3] }
const about = infoOf()

describe('stages', () => {
  for (const late of [false, true])
    it(`run in order and are undone in reverse, ${late ? 'asynchronous' : 'synchronous'} ones`, async () => {
      const first = shift(201, 1, { late })
      const second = shift(202, 100, { late })
      const codec = standardCodec([first, second])
      const encoding = codec.encode(value, about)
      expect(encoding instanceof Promise).toBe(late)
      const bytes = await encoding
      const headEnd = 68 + Buffer.byteLength(about.key) + 6
      expect([...bytes.subarray(headEnd, headEnd + 3)]).toEqual([2, 201, 202])
      const head = [...bytes.subarray(0, headEnd)]
      expect(first.given).toEqual([head])
      expect(second.given).toEqual([[...head, 201]])
      const decoding = codec.decode(bytes, about.key)
      expect(decoding instanceof Promise).toBe(late)
      expect(await decoding).toEqual({ value, about })
      expect(first.given).toEqual([head, head])
      expect(second.given).toEqual([
        [...head, 201],
        [...head, 201],
      ])
    })

  it('of both kinds work together', async () => {
    const codec = standardCodec([shift(1, 1), shift(2, 2, { late: true }), shift(3, 3), shift(4, 4, { late: true })])
    const bytes = await codec.encode(value, about)
    expect(await codec.decode(bytes, about.key)).toEqual({ value, about })
  })

  it('that leave the bytes as they are are not named', async () => {
    const codec = standardCodec([shift(1, 1, { min: 1000 }), shift(2, 2, { min: 1000, late: true })])
    const bytes = await codec.encode(value, about)
    expect([...bytes]).toEqual([...envelopeOf(standardCodec(), value)])
    expect(await codec.decode(bytes, about.key)).toEqual({ value, about })
  })

  it('do not see a value that is changed after it was given', async () => {
    const bytes = new Uint8Array([1, 2, 3])
    const codec = standardCodec([shift(1, 1, { late: true })])
    const encoding = codec.encode(bytes, about)
    bytes.fill(9)
    expect((await codec.decode(await encoding, about.key)).value).toEqual(new Uint8Array([1, 2, 3]))
  })

  it('may give back a Buffer or what they were given: bytes are plain and shared with nothing all the same', async () => {
    const same = { id: 9, name: 'same', encode: (bytes: Uint8Array) => bytes, decode: (bytes: Uint8Array) => bytes }
    const asBuffer = { ...same, decode: (bytes: Uint8Array) => Buffer.from(bytes) }
    for (const stage of [same, asBuffer]) {
      const codec = standardCodec([stage])
      const stored = envelopeOf(codec, { inner: new Uint8Array([1, 2]) })
      const { value: back } = await codec.decode(stored, about.key)
      const { inner } = back as { inner: Uint8Array }
      expect(Object.getPrototypeOf(inner)).toBe(Uint8Array.prototype)
      stored.fill(0)
      expect([...inner]).toEqual([1, 2])
    }
  })
})

describe('T11: large bytes out of a stage', () => {
  const large = new Uint8Array(200_000).fill(7)
  const stage = (decode: (bytes: Uint8Array) => Uint8Array) => {
    return { id: 9, name: 'any', encode: (bytes: Uint8Array) => bytes, decode }
  }
  const read = async (decode: (bytes: Uint8Array) => Uint8Array, stored: Uint8Array) =>
    (await standardCodec([stage(decode)]).decode(stored, about.key)).value as Uint8Array
  const stored = () => envelopeOf(standardCodec([stage((bytes) => bytes)]), large)

  it('are the value itself, without a copy, if they have memory of their own', async () => {
    let made: Uint8Array | undefined
    const value = await read((bytes) => (made = Buffer.from(Uint8Array.from(bytes).buffer)), stored())
    expect(value.buffer).toBe(made?.buffer)
    expect(Object.getPrototypeOf(value)).toBe(Uint8Array.prototype)
    expect(Buffer.compare(value, large)).toBe(0)
  })

  it('are copied if they lie in what is stored, or among others', async () => {
    const envelope = stored()
    const value = await read((bytes) => bytes, envelope)
    envelope.fill(0)
    expect(Buffer.compare(value, large)).toBe(0)
    const slab = new Uint8Array(1_000_000)
    const among = await read((bytes) => {
      slab.set(bytes)
      return slab.subarray(0, bytes.length)
    }, stored())
    slab.fill(0)
    expect(Buffer.compare(among, large)).toBe(0)
  })
})

describe('fault 45: stages that an envelope names', () => {
  const one = shift(11, 1)
  const two = shift(12, 2)

  it('have to be configured', () => {
    const bytes = envelopeOf(standardCodec([one]), value)
    expect(() => standardCodec().decode(bytes, about.key)).toThrow(/not configured \(id 11\)/)
    expect(() => standardCodec([two]).decode(bytes, about.key)).toThrow(/not configured \(id 11\)/)
  })

  it('have to be in the configured order', () => {
    const bytes = envelopeOf(standardCodec([two, one]), value)
    expect(() => standardCodec([one, two]).decode(bytes, about.key)).toThrow(/shift by 1 \(id 11\) is not in/)
  })

  it('have to be each there once', async () => {
    const twice = envelopeOf(standardCodec([one, { ...one, id: 12 }]), value)
    const headEnd = 68 + Buffer.byteLength(about.key) + 6
    twice[headEnd + 2] = 11
    const { crc32 } = await import('node:zlib')
    new DataView(twice.buffer).setUint32(twice.length - 4, crc32(twice.subarray(0, -4)), true)
    expect(() => standardCodec([one]).decode(twice, about.key)).toThrow(/not in the configured order/)
  })

  it('may be some of those configured, as long as none that is required is missing', async () => {
    const bytes = envelopeOf(standardCodec([one]), value)
    expect((await standardCodec([one, two]).decode(bytes, about.key)).value).toEqual(value)
    const required = { ...two, required: true }
    expect(() => standardCodec([one, required]).decode(bytes, about.key)).toThrow(/lacks the stage shift by 2/)
    expect(() => standardCodec([required]).decode(envelopeOf(standardCodec(), value), about.key)).toThrow(/lacks/)
  })

  it('may not skip an entry if they are required', async () => {
    const codec = standardCodec([shift(1, 1, { min: 1000, required: true })])
    expect(await codeOf(() => codec.encode(value, about))).toBe('UNSUPPORTED_VALUE')
  })

  it('have to give back as many bytes as were serialized', async () => {
    for (const late of [false, true]) {
      const cut = {
        ...shift(1, 0),
        decode: (bytes: Uint8Array) => (late ? Promise.resolve(bytes.subarray(1)) : bytes.subarray(1)),
      }
      const codec = standardCodec([cut])
      expect(await codeOf(() => codec.decode(envelopeOf(codec, value), about.key))).toBe('CORRUPT')
    }
  })

  it('make their failures CORRUPT, with the cause', async () => {
    for (const late of [false, true])
      for (const cause of [new Error('broken'), new GranaryError('CORRUPT', 'forged')]) {
        const fail = () => {
          if (late) return Promise.reject(cause)
          throw cause
        }
        const codec = standardCodec([{ ...shift(1, 1), name: 'seal', decode: fail }])
        const bytes = envelopeOf(codec, value)
        const error = (await errorOf(() => codec.decode(bytes, about.key))) as GranaryError
        expect(error.code).toBe('CORRUPT')
        expect(cause instanceof GranaryError ? error : error.cause).toBe(cause)
      }
  })

  it('have ids from 1 to 255, each once', async () => {
    for (const id of [0, 256, 1.5, Number.NaN])
      expect(await codeOf(() => standardCodec([shift(id, 1)]))).toBe('INVALID_OPTION')
    expect(await codeOf(() => standardCodec([shift(7, 1), shift(7, 2)]))).toBe('INVALID_OPTION')
  })
})

it('what is no list of stages is refused, with what to give', () => {
  expect(() => standardCodec({} as never)).toThrow(/INVALID_OPTION|give the stages as a list/)
})
