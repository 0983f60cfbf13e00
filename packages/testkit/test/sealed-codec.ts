import { createHash } from 'node:crypto'
import { deserialize, serialize } from 'node:v8'
import { type Codec, GranaryError, type KeyedInfo } from '@granary/core'

/** The parts of the codec below, each of which a mutant can replace. */
export interface Parts {
  /** Throws for what cannot be kept. */
  check(value: unknown): void
  pack(content: { value: unknown; about: KeyedInfo }): Uint8Array
  unpack(bytes: Uint8Array): { value: unknown; about: KeyedInfo }
  sum(bytes: Uint8Array): Uint8Array
  /** May bytes written for one key be read for another? */
  fits(written: string, asked: string): boolean
}

const PARTS: Parts = {
  check: (value) => walk(value, 'value', []),
  pack: serialize,
  unpack: deserialize,
  sum: (bytes) => createHash('sha256').update(bytes).digest(),
  fits: (written, asked) => written === asked,
}

const SUM = 32

/** A codec to try the suite on: structured clones after their SHA-256. */
export function sealedCodec(changed: Partial<Parts> = {}): Codec {
  const { check, pack, unpack, sum, fits } = { ...PARTS, ...changed }
  return {
    encode(value, about) {
      check(value)
      const body = pack({ value, about })
      return Buffer.concat([sum(body), body])
    },
    decode(bytes, key) {
      const body = bytes.subarray(SUM)
      if (!Buffer.from(sum(body)).equals(bytes.subarray(0, SUM))) throw new GranaryError('CORRUPT', 'not intact')
      const { value, about } = unpack(body)
      if (!fits(about.key, key)) throw new GranaryError('CORRUPT', 'written for another key')
      return { value, about }
    },
  }
}

const PLAIN = [Object.prototype, Array.prototype, Map.prototype, Set.prototype, Date.prototype, Uint8Array.prototype]

export function walk(value: unknown, path: string, above: readonly unknown[]): void {
  if (typeof value === 'function' || typeof value === 'symbol') throw unsupported(path)
  if (typeof value !== 'object' || value === null) return
  if (above.includes(value) || !PLAIN.includes(Object.getPrototypeOf(value))) throw unsupported(path)
  const inside = value instanceof Map || value instanceof Set ? [...value].flat() : value
  if (inside instanceof Uint8Array) return
  for (const [name, child] of Object.entries(inside)) walk(child, `${path}.${name}`, [...above, value])
}

export function unsupported(path: string): GranaryError {
  return new GranaryError('UNSUPPORTED_VALUE', `${path} cannot be kept`)
}
