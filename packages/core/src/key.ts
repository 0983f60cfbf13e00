import { digest } from './digest.js'
import { GranaryError } from './errors.js'
import { findUnsupported, isArray, isBytes, isDate, isMap, isPlain, isSet, MAX_DEPTH, PlainData } from './values.js'

/**
 * The canonical form of a value: RFC 8785 for what JSON can say (object keys sorted by UTF-16 code units), and a
 * notation of its own for what it cannot, so that all of these differ: `null`, `undefined`, a missing property, a
 * hole, `NaN`, `-0`, bigint, Date, Map, Set, ArrayBuffer and every typed array. Bytes stand as their digest.
 * An AbortSignal is passed by. Symbol-keyed and non-enumerable properties do not count.
 *
 * @param root names the value in the error message, for example `'task'`
 * @throws GranaryError `INVALID_KEY`, naming the path, for functions, symbols, cycles, nesting deeper than 128 and
 *   instances of other classes
 */
export function canonical(value: unknown, root = 'value'): string {
  try {
    return write(value, 0)
  } catch (error) {
    if (error !== UNSUPPORTED) throw error
    throw new GranaryError('INVALID_KEY', `${findUnsupported(value, root)}, which cannot be part of a key`)
  }
}

/** SHA-256 of a canonical form, as 64 hexadecimal digits. */
export function keyOf(canonicalForm: string): string {
  return digest(canonicalForm)
}

const UNSUPPORTED = Symbol('unsupported')

function write(value: unknown, depth: number): string {
  if (typeof value === 'string') return quote(value)
  if (typeof value === 'number') return value === 0 && 1 / value < 0 ? '-0' : `${value}`
  if (typeof value === 'object') {
    if (value === null) return 'null'
    if (depth > MAX_DEPTH) throw UNSUPPORTED
    if (isArray(value)) return writeArray(value, depth)
    if (!isPlain(value)) return writeOther(value, depth)
    const text = writeObject(value as Record<string, unknown>, depth)
    return value instanceof PlainData ? `Task(${quote(value.$type)})${text}` : text
  }
  if (typeof value === 'boolean') return value ? 'true' : 'false'
  if (value === undefined) return 'undefined'
  if (typeof value === 'bigint') return `${value}n`
  throw UNSUPPORTED
}

function writeArray(items: readonly unknown[], depth: number): string {
  let text = '['
  for (let i = 0; i < items.length; i++) {
    const item = items[i]
    if (i !== 0) text += ','
    text += item === undefined && !(i in items) ? 'hole' : write(item, depth + 1)
  }
  return `${text}]`
}

/** Most objects are written with ascending keys already: no list of keys is made until one is seen that is not. */
function writeObject(object: Record<string, unknown>, depth: number): string {
  let text = '{'
  let last = ''
  let count = 0
  for (const key in object) {
    if (key < last) return writeSorted(object, depth)
    const item = object[key]
    last = key
    if (isSignal(item)) continue
    text += (count++ === 0 ? quoteKey(key) : `,${quoteKey(key)}`) + write(item, depth + 1)
  }
  return `${text}}`
}

function writeSorted(object: Record<string, unknown>, depth: number): string {
  const pairs = sort(Object.keys(object))
    .filter((key) => !isSignal(object[key]))
    .map((key) => quoteKey(key) + write(object[key], depth + 1))
  return `{${pairs.join(',')}}`
}

/** Insertion sort beats the runtime's for the few keys that an object usually has. */
function sort(keys: string[]): string[] {
  if (keys.length > 24) return keys.sort()
  for (let i = 1; i < keys.length; i++) {
    const key = keys[i] as string
    let j = i - 1
    for (; j >= 0 && (keys[j] as string) > key; j--) keys[j + 1] = keys[j] as string
    keys[j + 1] = key
  }
  return keys
}

function writeOther(value: object, depth: number): string {
  if (isDate(value)) return `Date(${value.getTime()})`
  if (isMap(value)) {
    const pairs = Array.from(value, ([key, item]) => `${write(key, depth + 1)}:${write(item, depth + 1)}`)
    return `Map{${pairs.sort().join(',')}}`
  }
  if (isSet(value))
    return `Set{${Array.from(value, (item) => write(item, depth + 1))
      .sort()
      .join(',')}}`
  if (isBytes(value)) return writeBytes(value)
  if (isSignal(value)) return 'signal'
  throw UNSUPPORTED
}

function writeBytes(value: ArrayBufferView | ArrayBuffer): string {
  const bytes = ArrayBuffer.isView(value)
    ? new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
    : new Uint8Array(value)
  // A Buffer is a Uint8Array to everyone but Node, and comes back as one from a store.
  const name = value instanceof Uint8Array ? 'Uint8Array' : Object.prototype.toString.call(value).slice(8, -1)
  return `${name}(${bytes.length},${digest(bytes)})`
}

function isSignal(value: unknown): boolean {
  return typeof value === 'object' && value instanceof AbortSignal
}

/** Anything but what JSON leaves as it is: a control character, a quote, a backslash, or half of a surrogate pair. */
const NEEDS_ESCAPE = /[^ !#-[\]-\ud7ff\ue000-\uffff]/

/** A JSON string; lone surrogates are escaped, since UTF-8 would make them all alike. */
function quote(text: string): string {
  return NEEDS_ESCAPE.test(text) ? JSON.stringify(text) : `"${text}"`
}

const REMEMBERED_KEYS = 2_000
const quotedKeys = new Map<string, string>()

/** Property names come again and again: their quoted form is remembered. */
function quoteKey(key: string): string {
  let quoted = quotedKeys.get(key)
  if (quoted === undefined) {
    quoted = `${quote(key)}:`
    if (quotedKeys.size < REMEMBERED_KEYS) quotedKeys.set(key, quoted)
  }
  return quoted
}
