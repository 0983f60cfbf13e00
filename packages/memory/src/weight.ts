import type { Entry } from '@granary/core'

/** What an entry takes beside its key, tags and value: its object and its places in the index, measured on V8. */
const ENTRY = 240
const SLOT = 8
const STRING = 16
const BYTES = 96
const OBJECT = 24
const DATE = 40
/** A Map's or Set's own, and a place in it with the room it keeps free. */
const COLLECTION = 64
const PLACE = 24

/** Objects visited before the walk begins to remember them, so as to end in a cycle: most values have fewer. */
const UNREMEMBERED = 1_000

/**
 * Bytes that an entry takes in memory, estimated in one walk over its value; the walk ends once it is above `limit`.
 *
 * A string counts 2 bytes a character (the engine keeps ASCII in 1), a number or other primitive 8, bytes their length,
 * and arrays, objects, Map and Set what is in them, names of properties included. What several values share is counted
 * for each. What a class hides in private fields is not seen.
 */
export function weightOf(key: string, entry: Entry, limit: number): number {
  let bytes = ENTRY + 2 * key.length
  for (const tag of entry.tags) bytes += SLOT + 2 * tag.length
  const pending: object[] = []
  bytes += ofValue(entry.value, pending)
  // What core keeps beside a value that a schema has transformed.
  const { stored } = entry as { readonly stored?: unknown }
  if (stored !== undefined) bytes += ofValue(stored, pending)
  let visited = 0
  const seen = new Set<object>()
  for (let object = pending.pop(); object !== undefined && bytes <= limit; object = pending.pop()) {
    if (seen.size > 0 && seen.has(object)) continue
    const before = pending.length
    bytes += ofContents(object, pending, limit)
    visited += 1
    // Only what contains other objects can be part of a cycle.
    if (visited > UNREMEMBERED && pending.length > before) seen.add(object)
  }
  return bytes
}

/** The bytes of a value by itself; what is in it is left in `pending`. */
function ofValue(value: unknown, pending: object[]): number {
  switch (typeof value) {
    case 'string':
      return SLOT + STRING + 2 * value.length
    case 'bigint':
      return SLOT + STRING + Math.ceil(value.toString(16).length / 2)
    case 'object':
      if (value !== null) pending.push(value)
      return SLOT
    default:
      return SLOT
  }
}

function ofContents(object: object, pending: object[], limit: number): number {
  if (Array.isArray(object)) return ofArray(object, pending, limit)
  if (ArrayBuffer.isView(object) || object instanceof ArrayBuffer) return BYTES + object.byteLength
  if (object instanceof Map) return ofMap(object, pending)
  if (object instanceof Set) return ofSet(object, pending)
  if (object instanceof Date) return DATE
  let bytes = OBJECT
  for (const name in object) bytes += 2 * name.length + ofValue(object[name as keyof typeof object], pending)
  return bytes
}

function ofArray(array: readonly unknown[], pending: object[], limit: number): number {
  if (array.length * SLOT > limit) return array.length * SLOT
  let bytes = OBJECT
  for (let at = 0; at < array.length; at++) bytes += ofValue(array[at], pending)
  return bytes
}

function ofMap(map: ReadonlyMap<unknown, unknown>, pending: object[]): number {
  let bytes = COLLECTION
  for (const [key, value] of map) bytes += PLACE + ofValue(key, pending) + ofValue(value, pending)
  return bytes
}

function ofSet(set: ReadonlySet<unknown>, pending: object[]): number {
  let bytes = COLLECTION
  for (const value of set) bytes += PLACE + ofValue(value, pending)
  return bytes
}
