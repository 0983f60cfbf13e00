import type { Random } from './random.js'

const LONGEST = 400
const LIES = [0, 1, 0xff, 0xffff, 0x1_0000, 0x1ff_ffff, 0x7fff_ffff, 0xffff_ffff]
/** Granary's own, msgpackr's (bundled text, errors, references, records, regular expressions), the timestamp, and one of nobody's. */
const EXTENSIONS = [0, 1, 2, 3, 4, 5, 0x42, 0x62, 0x65, 0x69, 0x70, 0x72, 0x73, 0x74, 0x78, 0xff, 0x33]
const TEXTS = ['', 'a', '__proto__', 'constructor', 'then', 'toString', 'length', '\ufeff', 'é', '0']

/** Msgpack of any kind, whose lengths are sometimes lies. */
export function anyMsgpack(random: Random): Uint8Array {
  const bytes: number[] = []
  // Deeper than a value may be, now and then.
  if (random.oneIn(50)) for (let depth = 100 + random.below(60); depth > 0; depth--) bytes.push(0x91)
  write(bytes, random, 0)
  return Uint8Array.from(bytes)
}

function write(bytes: number[], random: Random, depth: number): void {
  if (bytes.length > LONGEST) return
  random.pick(depth > 5 ? LEAVES : KINDS)(bytes, random, depth)
}

type Kind = (bytes: number[], random: Random, depth: number) => void

const LEAVES: readonly Kind[] = [
  (bytes, random) => bytes.push(random.below(256)),
  (bytes, random) => bytes.push(random.pick([0xc0, 0xc1, 0xc2, 0xc3, 0x7f, 0xe0])),
  // Numbers of every width.
  (bytes, random) => {
    const [tag, width] = random.pick([
      [0xca, 4],
      [0xcb, 8],
      [0xcc, 1],
      [0xcd, 2],
      [0xce, 4],
      [0xcf, 8],
      [0xd0, 1],
      [0xd1, 2],
      [0xd2, 4],
      [0xd3, 8],
    ])
    bytes.push(tag as number)
    noise(bytes, random, width as number)
  },
  text,
  // Bytes.
  (bytes, random) => {
    const length = random.below(20)
    lengthed(bytes, random, [undefined, 0xc4, 0xc5, 0xc6], length)
    noise(bytes, random, length)
  },
  // Extensions: of fixed length, and of any.
  (bytes, random) => {
    const power = random.below(5)
    bytes.push(0xd4 + power, random.pick(EXTENSIONS))
    noise(bytes, random, 2 ** power)
  },
  (bytes, random) => {
    const length = random.below(20)
    lengthed(bytes, random, [undefined, 0xc7, 0xc8, 0xc9], length)
    bytes.push(random.pick(EXTENSIONS))
    noise(bytes, random, length)
  },
]

const KINDS: readonly Kind[] = [
  ...LEAVES,
  (bytes, random, depth) => {
    const length = random.below(5)
    lengthed(bytes, random, [0x90, undefined, 0xdc, 0xdd], length)
    for (let i = 0; i < length; i++) write(bytes, random, depth + 1)
  },
  (bytes, random, depth) => {
    const length = random.below(4)
    lengthed(bytes, random, [0x80, undefined, 0xde, 0xdf], length)
    for (let i = 0; i < length; i++) {
      if (random.oneIn(4)) write(bytes, random, depth + 1)
      else text(bytes, random)
      write(bytes, random, depth + 1)
    }
  },
  // An extension whose value follows: Map, an object with keys of its own, Set.
  (bytes, random, depth) => {
    bytes.push(0xd4, random.pick(EXTENSIONS), 0)
    write(bytes, random, depth + 1)
  },
]

function text(bytes: number[], random: Random): void {
  const said = Buffer.from(random.pick(TEXTS))
  lengthed(bytes, random, [0xa0, 0xd9, 0xda, 0xdb], said.length)
  for (const byte of said) bytes.push(random.oneIn(30) ? random.below(256) : byte)
}

/** A tag and a length: in the tag itself, or in 8, 16 or 32 bits. */
function lengthed(bytes: number[], random: Random, tags: readonly (number | undefined)[], length: number): void {
  const said = random.oneIn(12) ? random.pick(LIES) : length
  const usable = tags.map((tag, i) => [tag, i] as const).filter(([tag]) => tag !== undefined)
  const [tag, form] = random.pick(usable) as readonly [number, number]
  if (form === 0) bytes.push(tag + (said & 0x0f))
  else {
    bytes.push(tag)
    for (let shift = 8 * (2 ** (form - 1) - 1); shift >= 0; shift -= 8) bytes.push((said >>> shift) & 0xff)
  }
}

function noise(bytes: number[], random: Random, length: number): void {
  for (let i = 0; i < length; i++) bytes.push(random.oneIn(3) ? random.pick([0, 0xff, 0x80]) : random.below(256))
}
