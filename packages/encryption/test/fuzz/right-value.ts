import { isDeepStrictEqual } from 'node:util'
import type { Codec } from '@granary/core'
import { infoOf } from '../entries.js'
import { KEY } from './targets.js'

const DEEPEST = 128
const LONGEST = 64 * 1024

const PLAIN = new Set<unknown>([
  Object.prototype,
  Array.prototype,
  Map.prototype,
  Set.prototype,
  Date.prototype,
  ArrayBuffer.prototype,
  DataView.prototype,
  Uint8Array.prototype,
  Uint8ClampedArray.prototype,
  Int8Array.prototype,
  Uint16Array.prototype,
  Int16Array.prototype,
  Uint32Array.prototype,
  Int32Array.prototype,
  Float32Array.prototype,
  Float64Array.prototype,
  BigInt64Array.prototype,
  BigUint64Array.prototype,
  (globalThis as { Float16Array?: { prototype: unknown } }).Float16Array?.prototype,
])

/**
 * What is wrong with a value that came out of a codec: it is of a type that none makes, too large, or would not come back.
 *
 * @param isThorough whether to look if it comes back
 */
export function whyWrong(value: unknown, codec: Codec, isThorough: boolean): string | undefined {
  const why = typeWrong(value, 1)
  if (why !== undefined || !isThorough) return why
  let again: unknown
  try {
    again = (codec.decode(codec.encode(value, infoOf()) as Uint8Array, KEY) as { value: unknown }).value
  } catch (error) {
    return `what came out does not go in: ${error}`
  }
  return isDeepStrictEqual(again, value) ? undefined : 'what came out does not come back as it was'
}

function typeWrong(value: unknown, depth: number): string | undefined {
  if (typeof value === 'function' || typeof value === 'symbol') return `a ${typeof value} came out`
  if (typeof value === 'string' && value.length > LONGEST) return 'text came out that is too long'
  if (typeof value !== 'object' || value === null) return undefined
  if (depth > DEEPEST) return 'something too deep came out'
  if (!PLAIN.has(Object.getPrototypeOf(value))) return `an object of another class came out: ${value.constructor?.name}`
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) {
    return value.byteLength > LONGEST ? 'bytes came out that are too many' : undefined
  }
  for (const inner of itemsOf(value)) {
    const why = typeWrong(inner, depth + 1)
    if (why !== undefined) return why
  }
  return undefined
}

function itemsOf(value: object): Iterable<unknown> {
  if (value instanceof Map) return [...value.keys(), ...value.values()]
  if (value instanceof Set || Array.isArray(value)) return value
  return Object.values(value)
}
