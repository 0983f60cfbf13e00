import type { Random } from './random.js'

/** Changes some bytes, always at least one of them or their number. */
export function mutated(bytes: Uint8Array, random: Random): Uint8Array {
  let current = bytes
  do {
    for (let left = random.pick(TIMES); left > 0; left--) current = random.pick(MUTATIONS)(current, random)
  } while (Buffer.compare(current, bytes) === 0)
  return current
}

const TIMES = [1, 1, 1, 2, 3, 8]
const BYTES = [0, 1, 0x7f, 0x80, 0xc1, 0xd4, 0xd5, 0xc7, 0xc9, 0xdd, 0xdf, 0xff]
const LENGTHS = [0, 1, 2, 16, 127, 128, 255, 256, 0x7fff, 0xffff, 0x1_0000, 0x1ff_ffff, 0x7fff_ffff, 0xffff_ffff]
const DOUBLES = [Number.NaN, Infinity, -Infinity, -1, 0, -0, 2 ** 53, 5e-324, 1e308]

type Mutation = (bytes: Uint8Array, random: Random) => Uint8Array

const MUTATIONS: readonly Mutation[] = [
  // A bit, or a byte.
  changed((bytes, at, random) => {
    bytes[at] = (bytes[at] as number) ^ (1 << random.below(8))
  }),
  changed((bytes, at, random) => {
    bytes[at] = random.oneIn(2) ? random.pick(BYTES) : random.below(256)
  }),
  // A number, as lengths and times are written, in both orders of bytes.
  changed((bytes, at, random) => {
    if (at + 4 <= bytes.length) viewOf(bytes).setUint32(at, random.pick(LENGTHS), random.oneIn(2))
  }),
  changed((bytes, at, random) => {
    if (at + 2 <= bytes.length) viewOf(bytes).setUint16(at, random.pick(LENGTHS), random.oneIn(2))
  }),
  changed((bytes, at, random) => {
    if (at + 8 <= bytes.length) viewOf(bytes).setFloat64(at, random.pick(DOUBLES), random.oneIn(2))
  }),
  // A part that is missing, there twice, new, or elsewhere.
  (bytes, random) => bytes.slice(0, random.below(bytes.length + 1)),
  cut((bytes, from, to) => [bytes.subarray(0, from), bytes.subarray(to)]),
  cut((bytes, from, to) => [bytes.subarray(0, to), bytes.subarray(from)]),
  cut((bytes, from, to) => [bytes.subarray(0, from), bytes.subarray(to), bytes.subarray(from, to)]),
  (bytes, random) => {
    const at = random.below(bytes.length + 1)
    const added = Uint8Array.from({ length: 1 + random.below(8) }, () => random.below(256))
    return Buffer.concat([bytes.subarray(0, at), added, bytes.subarray(at)])
  },
]

function changed(change: (bytes: Uint8Array, at: number, random: Random) => void): Mutation {
  return (bytes, random) => {
    const copy = Uint8Array.prototype.slice.call(bytes)
    if (copy.length > 0) change(copy, random.below(copy.length), random)
    return copy
  }
}

function cut(parts: (bytes: Uint8Array, from: number, to: number) => Uint8Array[]): Mutation {
  return (bytes, random) => {
    const from = random.below(bytes.length + 1)
    return Buffer.concat(parts(bytes, from, from + random.below(Math.min(32, bytes.length + 1 - from))))
  }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
