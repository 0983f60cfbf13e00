import { headParts } from '@granary/codec/envelope'
import { GranaryError } from '@granary/core'
import { partsOf } from '../entries.js'
import { KEY, type Target, targets } from './targets.js'

type Take = Target['codec']['decode']

/** A codec that is weak in one way. It works on what nobody has changed. */
function weak(name: string, weaken: (decode: Take) => Take): Target {
  const target = targets().find((each) => each.name === name) as Target
  return { ...target, codec: { ...target.codec, decode: weaken(target.codec.decode) } }
}

/** What to do instead where the codec refuses. */
function afterRefusal(instead: (bytes: Uint8Array, refused: GranaryError) => unknown): (decode: Take) => Take {
  return (decode) => (bytes, key) => {
    try {
      return decode(bytes, key)
    } catch (error) {
      if (!(error instanceof GranaryError)) throw error
      return { value: instead(bytes, error), about: {} as never }
    }
  }
}

function refuseAsBefore(error: GranaryError): never {
  throw error
}

const lengthSaid = (bytes: Uint8Array) => Buffer.from(bytes).readUInt32LE(64)
/** Keeps what is made from being left out by the compiler. */
const kept: unknown[] = []

/** Mistakes that a codec could have, each of which the fuzzing has to find: else it would not find those that nobody planted. */
export const WEAKNESSES: Readonly<Record<string, () => Target>> = {
  'an error of the decoder passes through': () =>
    weak(
      'msgpack in an envelope',
      afterRefusal((_, error) => {
        if (error.reason === 'undecodable') throw new TypeError('unexpected end of data')
        throw error
      }),
    ),
  'text is made a regular expression': () =>
    weak(
      'msgpack in an envelope',
      afterRefusal((bytes, error) =>
        error.reason === 'undecodable' && Buffer.from(bytes).includes(Buffer.of(0xd4, 0x78))
          ? /a/
          : refuseAsBefore(error),
      ),
    ),
  'depth is not limited': () =>
    weak(
      'msgpack in an envelope',
      afterRefusal((bytes, error) => {
        if (error.reason !== 'undecodable' || !Buffer.from(bytes).includes(Buffer.alloc(129, 0x91))) throw error
        return Array.from({ length: 129 }).reduce((inner) => [inner], 0)
      }),
    ),
  'what is behind a prototype comes out': () =>
    weak('msgpack in an envelope', (decode) => (bytes, key) => {
      const made = decode(bytes, key) as { value: unknown; about: never }
      const isPlain = made.value?.constructor === Object && Buffer.from(bytes).includes('__proto__')
      return isPlain ? { ...made, value: Object.create({ polluted: true }) } : made
    }),
  'a length that is said is allocated': () =>
    weak(
      'deflate by zlib',
      afterRefusal((bytes, error) => {
        if (bytes.length > 68 && lengthSaid(bytes) > 2 ** 27) kept[0] = new Uint8Array(2 ** 27)
        throw error
      }),
    ),
  'a length that is said is counted to': () =>
    weak(
      'deflate by fflate',
      afterRefusal((bytes, error) => {
        if (bytes.length > 68) for (let left = Math.min(2 ** 28, lengthSaid(bytes)); left > 0; left--) kept[0] = left
        throw error
      }),
    ),
  'more comes out than is allowed': () =>
    weak(
      'zstd',
      afterRefusal((_, error) => (error.reason === 'too-large' ? new Uint8Array(65 * 1024) : refuseAsBefore(error))),
    ),
  'a checksum is not looked at': () =>
    weak(
      'zstd',
      afterRefusal((_, error) => (error.message.includes('checksum') ? 'some value' : refuseAsBefore(error))),
    ),
  ...Object.fromEntries(
    (['aged', 'retagged', 'moved', 'foreign-namespace', 'unsealed', 'truncated', 'forged'] as const).flatMap((reason) =>
      ['signed', 'compressed and encrypted'].map((name) => [
        `${name}: what is ${reason} is read`,
        () =>
          weak(
            name,
            afterRefusal((_, error) => (error.reason === reason ? 'some value' : refuseAsBefore(error))),
          ),
      ]),
    ),
  ),
  'a seal does not cover the cost': () =>
    weak(
      'encrypted',
      afterRefusal((bytes, error) => {
        const { head } = partsOf(bytes)
        const isCost = error.reason === 'aged' && headParts(head).times[39] !== 0
        return isCost ? 'some value' : refuseAsBefore(error)
      }),
    ),
  'a refusal has no reason': () =>
    weak(
      'compressed and signed',
      afterRefusal((_, error) => {
        throw error.reason === 'unknown-key' ? new GranaryError('CORRUPT', `not for ${KEY}`) : error
      }),
    ),
  'an answer comes later': () =>
    weak('signed', (decode) => (bytes, key) => {
      const made = decode(bytes, key)
      return bytes.length > 250 ? Promise.resolve(made) : made
    }),
}
