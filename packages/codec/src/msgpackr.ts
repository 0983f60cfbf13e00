/**
 * Sets up msgpackr, the only module that touches it: the build bundles this file with msgpackr's portable source, so
 * that the extensions switched off here are off in a private copy and nobody else's msgpackr is changed.
 *
 * Allowed in bytes besides plain msgpack: `undefined` (type 0x00), bigint (0x42), Set (0x73), typed arrays, ArrayBuffer
 * and DataView (0x74), timestamps (0xff), and the {@link Box}es below (0x01 to 0x05). All others are refused.
 */
import { addExtension, Packr, RESET_BUFFER_MODE, Unpackr } from 'msgpackr/pack'

/** Stands in a prepared value for something that msgpack alone would not bring back as it was. */
class Box<T> {
  readonly held: T

  constructor(held: T) {
    this.held = held
  }
}

/** `-0`, which msgpack would write as the integer 0. */
export class NegativeZero extends Box<0> {}
/** A Map, as a list in which key and value take turns; msgpackr alone would read it as an object. */
export class MapBox extends Box<unknown[]> {}
/** An object with a key that msgpackr would change, as such a list. */
export class ObjectBox extends Box<unknown[]> {}
/** A string that begins with U+FEFF, which a decoder would take for a byte order mark; as UTF-8. */
export class MarkedString extends Box<Uint8Array> {}
/** A Float16Array, which msgpackr does not know; as bytes. */
export class HalfFloats extends Box<Uint8Array> {}

const refuse = (): never => {
  throw new TypeError('an extension that is not allowed')
}

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : refuse()
}

function pairs(value: unknown): unknown[] {
  const items = list(value)
  return items.length % 2 === 0 ? items : refuse()
}

function bytes(value: unknown): Uint8Array<ArrayBuffer> {
  return value instanceof Uint8Array ? (value as Uint8Array<ArrayBuffer>) : refuse()
}

function toMap(value: unknown): Map<unknown, unknown> {
  const items = pairs(value)
  const map = new Map<unknown, unknown>()
  for (let at = 0; at < items.length; at += 2) map.set(items[at], items[at + 1])
  return map
}

/** Defines what an assignment would lose: `object['__proto__'] = …` sets a prototype. */
function toObject(value: unknown): object {
  const items = pairs(value)
  const object = {}
  for (let at = 0; at < items.length; at += 2) {
    const key = items[at]
    if (typeof key !== 'string') refuse()
    Object.defineProperty(object, key as string, {
      value: items[at + 1],
      enumerable: true,
      configurable: true,
      writable: true,
    })
  }
  return object
}

const exactUtf8 = new TextDecoder('utf-8', { ignoreBOM: true, fatal: true })

function toHalfFloats(value: unknown): unknown {
  const Float16 = (globalThis as { Float16Array?: new (buffer: ArrayBuffer) => unknown }).Float16Array
  return Float16 === undefined ? refuse() : new Float16(bytes(value).buffer)
}

const held = (box: Box<unknown>): unknown => box.held

addExtension({ Class: NegativeZero, type: 0x01, write: held, read: () => -0 })
addExtension({ Class: MapBox, type: 0x02, write: held, read: toMap })
addExtension({ Class: ObjectBox, type: 0x03, write: held, read: toObject })
addExtension({ Class: MarkedString, type: 0x04, write: held, read: (data) => exactUtf8.decode(bytes(data)) })
addExtension({ Class: HalfFloats, type: 0x05, write: held, read: toHalfFloats })
addExtension({ type: 0x73, read: (value) => new Set(list(value)) })
// Bundled strings, errors, references ('i' names, 'p' points) and regular expressions.
for (const type of [0x62, 0x65, 0x69, 0x70, 0x78]) addExtension({ type, unpack: refuse })

const packr = new Packr({ useRecords: false, variableMapSize: true, moreTypes: true, useToJSON: false })
const unpackr = new Unpackr({ useRecords: false, mapsAsObjects: true, copyBuffers: true, structures: [] })
// Record definitions (0x72) cannot be unregistered; they have nowhere to go when there is no room for structures.
Object.freeze(unpackr.structures)

const LARGE = 65_536

/** The msgpack of a prepared value: a view that the next call overwrites. */
export function pack(prepared: unknown): Uint8Array {
  const packed = packr.pack(prepared, RESET_BUFFER_MODE)
  // Else the buffer that a large value needed would be kept for good.
  if (packed.length > LARGE) packr.useBuffer(Buffer.allocUnsafeSlow(8192))
  return packed
}

/**
 * The value of the msgpack in `source` from `start` to `end`. It shares no memory with `source`.
 *
 * @throws anything, if the bytes are anything but one value
 */
export function unpack(source: Uint8Array, start: number, end: number): unknown {
  return unpackr.unpack(source, { start, end })
}

/** What msgpackr makes of the byte that msgpack never uses. */
export const NEVER_USED: unknown = unpack(Uint8Array.of(0xc1), 0, 1)
