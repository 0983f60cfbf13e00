import { GranaryError } from '@granary/core'
import { NEVER_USED, pack, unpack } from './msgpackr.js'
import { DEEPEST, prepare } from './prepare.js'
import { Unsupported } from './unsupported.js'

/** What the payload of an envelope holds. */
const CONTENT_MSGPACK = 0
/** The value is a Uint8Array and the payload is its bytes. */
export const CONTENT_BYTES = 1

export type Content = typeof CONTENT_MSGPACK | typeof CONTENT_BYTES

/** The first byte of what msgpackr makes of a lone surrogate in a short string, and of some other things. */
const MAYBE_SURROGATE = 0xed
/** Nine times faster than that of Uint8Array. */
const { indexOf } = Buffer.prototype

export function contentOf(value: unknown): Content {
  if (!(value instanceof Uint8Array)) return CONTENT_MSGPACK
  const prototype = Object.getPrototypeOf(value)
  return prototype === Uint8Array.prototype || prototype === Buffer.prototype ? CONTENT_BYTES : CONTENT_MSGPACK
}

/**
 * The bytes of a value: to be copied before anything else is serialized, since they may be a view of a buffer that is
 * used again, or of the value itself.
 *
 * @throws GranaryError `UNSUPPORTED_VALUE` for a value that would not come back as it was
 */
export function serialize(value: unknown, content: Content): Uint8Array {
  if (content === CONTENT_BYTES) return value as Uint8Array
  try {
    const packed = pack(prepare(value, 1, false))
    if (indexOf.call(packed, MAYBE_SURROGATE) >= 0) prepare(value, 1, true)
    return packed
  } catch (error) {
    throw (
      error instanceof Unsupported ? error : new Unsupported('cannot be written', { cause: error })
    ).toGranaryError()
  }
}

/**
 * The value of the bytes from `start` to `end` of `source`. It shares no memory with `source`.
 *
 * @throws GranaryError `CORRUPT` for bytes that {@link serialize} does not make
 */
export function deserialize(source: Uint8Array, start: number, end: number, content: Content): unknown {
  if (content === CONTENT_BYTES) return Uint8Array.prototype.slice.call(source, start, end)
  let value: unknown
  try {
    value = unpack(source, start, end)
    checkDepth(value, 1)
  } catch {
    // What msgpackr says of it may quote the value.
    throw new GranaryError('CORRUPT', 'the payload is not msgpack as this codec writes it', {
      reason: 'undecodable',
    })
  }
  return value
}

function checkDepth(value: unknown, depth: number): void {
  if (isContainer(value)) checkContainer(value, depth)
}

function isContainer(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

function checkContainer(value: object, depth: number): void {
  if (depth > DEEPEST || value === NEVER_USED) throw new RangeError('too deep, or no value')
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index++) {
      const item: unknown = value[index]
      if (isContainer(item)) checkContainer(item, depth + 1)
    }
  } else if (value instanceof Map) {
    for (const [key, item] of value) {
      checkDepth(key, depth + 1)
      checkDepth(item, depth + 1)
    }
  } else if (value instanceof Set) {
    for (const item of value) checkDepth(item, depth + 1)
  } else if (!ArrayBuffer.isView(value)) {
    for (const key in value) {
      const item = (value as Record<string, unknown>)[key]
      if (isContainer(item)) checkContainer(item, depth + 1)
    }
  }
}
