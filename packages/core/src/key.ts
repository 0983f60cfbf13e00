import { digest } from './digest.js'
import { GranaryError } from './errors.js'
import { findUnsupported, isArray, isBytes, isDate, isMap, isSet, MAX_DEPTH, PlainData } from './values.js'

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

/** What the canonical form of every key begins with; a change of the form changes it. */
export const KEY_FORMAT = 'granary/1'

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
    const prototype = Object.getPrototypeOf(value)
    if (prototype === Object.prototype || prototype === null) return writeObject(value as Properties, depth)
    return isArray(value, Number.POSITIVE_INFINITY) ? writeArray(value, depth) : writeOther(value, depth)
  }
  if (typeof value === 'boolean') return value ? 'true' : 'false'
  if (value === undefined) return 'undefined'
  if (typeof value === 'bigint') return `${value}n`
  throw UNSUPPORTED
}

type Properties = Record<string, unknown>

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
function writeObject(object: Properties, depth: number): string {
  let text = ''
  let last = ''
  for (const key in object) {
    if (key < last) return writeSorted(object, depth)
    last = key
    text = append(text, key, object[key], depth)
  }
  return `{${text}}`
}

function writeSorted(object: Properties, depth: number): string {
  let text = ''
  for (const key of sort(Object.keys(object))) text = append(text, key, object[key], depth)
  return `{${text}}`
}

function append(text: string, key: string, value: unknown, depth: number): string {
  if (typeof value === 'object' && value instanceof AbortSignal) return text
  const property = quoteKey(key) + write(value, depth + 1)
  return text === '' ? property : `${text},${property}`
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
  if (value instanceof PlainData)
    return `Task(${quote(value.$type)})${writeObject(value as unknown as Properties, depth)}`
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
  if (value instanceof AbortSignal) return 'signal'
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

/** Anything but what JSON leaves as it is: a control character, a quote, a backslash, or half of a surrogate pair. */
const NEEDS_ESCAPE = /[^ !#-[\]-\ud7ff\ue000-\uffff]/

/** Up to how many characters a loop is faster than a regular expression. */
const SHORT = 24

/** A JSON string; lone surrogates are escaped, since UTF-8 would make them all alike. */
function quote(text: string): string {
  const plain = text.length > SHORT ? !NEEDS_ESCAPE.test(text) : isPlainText(text)
  return plain ? `"${text}"` : JSON.stringify(text)
}

function isPlainText(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code < 32 || code === 34 || code === 92 || (code >= 0xd800 && code <= 0xdfff)) return false
  }
  return true
}

const REMEMBERED_KEYS = 2_000
const LONGEST_REMEMBERED = 64
const quotedKeys = new Map<string, string>()

/** Property names come again and again: their quoted form is remembered. */
function quoteKey(key: string): string {
  let quoted = quotedKeys.get(key)
  if (quoted === undefined) {
    quoted = `${quote(key)}:`
    if (key.length <= LONGEST_REMEMBERED && quotedKeys.size < REMEMBERED_KEYS) quotedKeys.set(key, quoted)
  }
  return quoted
}
