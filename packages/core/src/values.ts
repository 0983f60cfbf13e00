import { GranaryError } from './errors.js'

/** Base of classes whose own enumerable properties and type are all that there is to an instance: it is kept like a plain object. */
export abstract class PlainData {
  abstract readonly $type: string
  /** An instance of the same type that has no properties yet. */
  abstract $empty(): PlainData
}

/** Deepest nesting of a value; what is deeper is refused rather than overflowing a stack somewhere below. */
export const MAX_DEPTH = 128

/**
 * Makes a value safe to keep: plain objects and arrays are frozen, all the way down and in place, so that a mutation
 * throws instead of poisoning the cache. What cannot be frozen (bytes, Map, Set, Date) is left, to be copied on read.
 *
 * @param root names the value in the error message, for example `'task'`
 * @param typed whether instances of {@link PlainData} are kept as well; otherwise they would come back as plain objects
 * @returns true if everything is frozen, so that all readers can share the value; false if each needs a copy
 * @throws GranaryError `UNSUPPORTED_VALUE`, naming the path, for functions, symbols, cycles, nesting deeper than 128 and
 *   instances of other classes; what was frozen by then stays frozen
 */
export function protect(value: unknown, root = 'value', typed = false): boolean {
  try {
    return freeze(value, 0, typed)
  } catch (error) {
    if (error !== UNSUPPORTED) throw error
    throw new GranaryError(
      'UNSUPPORTED_VALUE',
      `${findUnsupported(value, root, typed)}: keep plain data${root !== 'value' ? '' : ", or set values: 'shared' where all layers are memory"}`,
    )
  }
}

const UNSUPPORTED = Symbol('unsupported')

/** Plain objects and arrays first, told by one look at their prototype: nearly all values are made of them. */
function freeze(value: unknown, depth: number, typed: boolean): boolean {
  if (typeof value !== 'object' || value === null) {
    if (typeof value === 'function' || typeof value === 'symbol') throw UNSUPPORTED
    return true
  }
  if (depth > MAX_DEPTH) throw UNSUPPORTED
  const prototype = Object.getPrototypeOf(value)
  if (prototype === Object.prototype || prototype === null) return freezeProperties(value as Properties, depth, typed)
  if (prototype === Array.prototype) return freezeItems(value as unknown[], depth, typed)
  if (typed && value instanceof PlainData) return freezeProperties(value as unknown as Properties, depth, typed)
  return freezeWithin(value, depth, typed)
}

type Properties = Record<string, unknown>

function freezeItems(items: unknown[], depth: number, typed: boolean): boolean {
  if (!isArray(items)) throw UNSUPPORTED
  let shareable = true
  for (let i = 0; i < items.length; i++) {
    if (!freeze(items[i], depth + 1, typed)) shareable = false
  }
  Object.freeze(items)
  return shareable
}

function freezeProperties(object: Properties, depth: number, typed: boolean): boolean {
  if (Object.getOwnPropertySymbols(object).length > 0) throw UNSUPPORTED
  let shareable = true
  for (const key in object) {
    if (!freeze(object[key], depth + 1, typed)) shareable = false
  }
  Object.freeze(object)
  return shareable
}

/** What cannot be frozen itself, but for what it holds. */
function freezeWithin(value: object, depth: number, typed: boolean): boolean {
  if (isMap(value)) {
    for (const [key, item] of value) {
      freeze(key, depth + 1, typed)
      freeze(item, depth + 1, typed)
    }
  } else if (isSet(value)) {
    for (const item of value) freeze(item, depth + 1, typed)
  } else if (!isBytes(value) && !isDate(value)) throw UNSUPPORTED
  return false
}

/** An object whose own enumerable properties are all that there is to it. */
function isPlain(value: object): boolean {
  const prototype = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null || value instanceof PlainData
}

/** How many items an array may have for its named properties to be looked for. */
const FEW_ITEMS = 64

/** An array, and no instance of a class that extends it. A short one with named properties is none, since they would be lost. */
export function isArray(value: object, few: number = FEW_ITEMS): value is unknown[] {
  if (Object.getPrototypeOf(value) !== Array.prototype) return false
  const { length } = value as unknown[]
  if (length > few) return true
  // Integer keys come first: a named property would be the last one.
  const last = Object.keys(value).at(-1)
  return last === undefined || String(Number(last) >>> 0) === last
}

export function isMap(value: object): value is Map<unknown, unknown> {
  return Object.getPrototypeOf(value) === Map.prototype
}

export function isSet(value: object): value is Set<unknown> {
  return Object.getPrototypeOf(value) === Set.prototype
}

export function isDate(value: object): value is Date {
  return Object.getPrototypeOf(value) === Date.prototype
}

/** A typed array, DataView or ArrayBuffer. */
export function isBytes(value: object): value is ArrayBufferView | ArrayBuffer {
  return ArrayBuffer.isView(value) || value instanceof ArrayBuffer
}

/** A copy of a protected value in which everything that can be changed is new; what is frozen through and through is shared. */
export function copy<T>(value: T): T {
  return copyOf(value) as T
}

function copyOf(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return copyChanged(value, value.map(copyOf))
  if (value instanceof Map) return new Map(Array.from(value, ([key, item]) => [copyOf(key), copyOf(item)]))
  if (value instanceof Set) return new Set(Array.from(value, copyOf))
  if (value instanceof Date) return new Date(value)
  if (isBytes(value)) return copyBytes(value)
  const copied: object = value instanceof PlainData ? value.$empty() : {}
  for (const [key, item] of Object.entries(value)) {
    Object.defineProperty(copied, key, { value: copyOf(item), enumerable: true, writable: true, configurable: true })
  }
  return copyChanged(value, copied)
}

/** Only what a view shows of its buffer, in memory of its own; a Buffer becomes the Uint8Array that it is everywhere else. */
function copyBytes(value: ArrayBufferView | ArrayBuffer): ArrayBufferView | ArrayBuffer {
  const view = ArrayBuffer.isView(value)
  const bytes = view ? new Uint8Array(value.buffer, value.byteOffset, value.byteLength) : new Uint8Array(value)
  const { buffer } = new Uint8Array(bytes)
  if (!view) return buffer
  if (value instanceof Uint8Array) return new Uint8Array(buffer)
  return new (value.constructor as new (buffer: ArrayBuffer) => ArrayBufferView)(buffer)
}

function copyChanged<T extends object>(original: T, copied: T): T {
  for (const key of Object.keys(original)) {
    if (original[key as keyof T] !== copied[key as keyof T]) return Object.freeze(copied)
  }
  return original
}

/** Says where a value holds something that cannot be kept, after the fast walk has found that it does. */
export function findUnsupported(value: unknown, root: string, typed = true): string {
  return unsupportedIn(value, root, [], typed) ?? `${root} is nested deeper than ${MAX_DEPTH}`
}

function unsupportedIn(value: unknown, path: string, within: object[], typed: boolean): string | undefined {
  if (typeof value === 'function' || typeof value === 'symbol') return `${path} is a ${typeof value}`
  if (typeof value !== 'object' || value === null) return undefined
  if (within.includes(value)) return `${path} is part of a cycle`
  if (within.length > MAX_DEPTH) return `${path.slice(0, 80)}… is nested deeper than ${MAX_DEPTH}`
  if (isBytes(value) || isDate(value)) return undefined
  if (!typed && value instanceof PlainData) return `${path} is a ${value.$type} task, which only a worker can restore`
  const children = childrenOf(value, path)
  if (children === undefined) {
    return Array.isArray(value)
      ? `${path} is an array with named properties`
      : `${path} is an instance of ${value.constructor?.name || 'a class'}`
  }
  if (Object.getOwnPropertySymbols(value).length > 0) return `${path} has a property named by a symbol`
  within.push(value)
  for (const [childPath, child] of children) {
    const found = unsupportedIn(child, childPath, within, typed)
    if (found !== undefined) return found
  }
  within.pop()
  return undefined
}

function childrenOf(value: object, path: string): [string, unknown][] | undefined {
  if (isArray(value)) return value.map((item, i) => [`${path}[${i}]`, item])
  if (isMap(value)) {
    return [...value].flatMap(
      ([key, item], i) =>
        [
          [`${path}.keys[${i}]`, key],
          [`${path}.values[${i}]`, item],
        ] as [string, unknown][],
    )
  }
  if (isSet(value)) return [...value].map((item, i) => [`${path}.items[${i}]`, item])
  if (isPlain(value)) return Object.entries(value).map(([key, item]) => [`${path}.${key}`, item])
  return undefined
}
