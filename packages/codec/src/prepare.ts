import { HalfFloats, MapBox, MarkedString, NegativeZero, ObjectBox } from './msgpackr.js'
import { property, Unsupported } from './unsupported.js'

/** How many containers may lie within each other. */
export const DEEPEST = 128

/** The longest array whose own properties besides its elements are looked for: a look costs as much as packing it. */
const LONGEST_LOOK = 64

const NEGATIVE_ZERO = new NegativeZero(0)
const BYTE_ORDER_MARK = 0xfeff

/** How long a string is that msgpackr leaves to the runtime's encoder, which replaces lone surrogates. */
const LONG_TEXT = 64

/**
 * What msgpackr is to write so that `value` comes back as it is: the same reference where nothing special is inside,
 * else a copy, made only along the way to it. The value itself is never changed.
 *
 * @param strict looks for lone surrogates in short strings too. Msgpackr writes those as bytes that begin with 0xed,
 *   so that it is cheaper to look for that byte first.
 * @throws Unsupported for what would not come back
 */
export function prepare(value: unknown, depth: number, strict: boolean): unknown {
  switch (typeof value) {
    case 'string':
      return prepareString(value, strict)
    case 'number':
      return value === 0 && Object.is(value, -0) ? NEGATIVE_ZERO : value
    case 'object':
      return value === null ? null : prepareObject(value, depth, strict)
    case 'function':
      throw new Unsupported('is a function')
    case 'symbol':
      throw new Unsupported('is a symbol')
    default:
      return value
  }
}

function prepareString(text: string, strict: boolean): unknown {
  checkText(text, strict)
  return text.charCodeAt(0) === BYTE_ORDER_MARK ? new MarkedString(Buffer.from(text)) : text
}

function checkText(text: string, strict: boolean): void {
  if ((strict || text.length >= LONG_TEXT) && !text.isWellFormed())
    throw new Unsupported('has a lone surrogate, which UTF-8 cannot hold')
}

function prepareObject(value: object, depth: number, strict: boolean): unknown {
  if (depth > DEEPEST) throw new Unsupported(`lies deeper than ${DEEPEST} levels`, { deepest: value })
  const prototype = Object.getPrototypeOf(value)
  if (prototype === Object.prototype || prototype === null) return preparePlain(value as Plain, depth, strict)
  if (Array.isArray(value)) return prepareArray(value, depth, strict)
  const prepareBuiltIn = BUILT_INS.get(prototype)
  if (prepareBuiltIn !== undefined) return prepareBuiltIn(value as never, depth, strict)
  if (isObjectPrototype(prototype)) return preparePlain(value as Plain, depth, strict)
  throw new Unsupported(`is ${instanceName(prototype)}`)
}

type Plain = Record<string, unknown>

function preparePlain(object: Plain, depth: number, strict: boolean): unknown {
  if (Object.getOwnPropertySymbols(object).length > 0) checkSymbols(object)
  let changes: Map<string, unknown> | undefined
  let keysChange = false
  let key = ''
  try {
    for (key in object) {
      const first = key.charCodeAt(0)
      if ((first === 95 && key === '__proto__') || first === BYTE_ORDER_MARK) keysChange = true
      checkText(key, strict)
      const child = object[key]
      const ready = prepare(child, depth + 1, strict)
      if (!Object.is(ready, child)) changes = (changes ?? new Map()).set(key, ready)
    }
  } catch (error) {
    throw passing(error, object, property(key))
  }
  if (keysChange) return inPairs(object, changes)
  if (changes === undefined) return object
  const copy = { ...object }
  for (const [changed, ready] of changes) copy[changed] = ready
  return copy
}

function inPairs(object: Plain, changes: Map<string, unknown> | undefined): ObjectBox {
  const pairs: unknown[] = []
  for (const key of Object.keys(object)) {
    pairs.push(prepareString(key, false), changes?.has(key) ? changes.get(key) : object[key])
  }
  return new ObjectBox(pairs)
}

function checkSymbols(object: object): void {
  for (const symbol of Object.getOwnPropertySymbols(object)) {
    if (Object.prototype.propertyIsEnumerable.call(object, symbol))
      throw new Unsupported('has a property that is named by a symbol')
  }
}

function prepareArray(array: unknown[], depth: number, strict: boolean): unknown {
  const prototype = Object.getPrototypeOf(array)
  // Array.prototype is an array itself, also that of another realm; a subclass's is not.
  if (prototype !== Array.prototype && !Array.isArray(prototype)) throw new Unsupported(`is ${instanceName(prototype)}`)
  const { length } = array
  if (length <= LONGEST_LOOK && Object.keys(array).length > length)
    throw new Unsupported('is an array with properties besides its elements')
  let copy: unknown[] | undefined
  let index = 0
  try {
    for (; index < length; index++) {
      const item = array[index]
      if (item === undefined && !(index in array)) throw new Unsupported('is a hole in an array')
      const ready = prepare(item, depth + 1, strict)
      if (Object.is(ready, item)) continue
      copy ??= [...array]
      copy[index] = ready
    }
  } catch (error) {
    throw passing(error, array, `[${index}]`)
  }
  return copy ?? array
}

function prepareMap(map: Map<unknown, unknown>, depth: number, strict: boolean): unknown {
  const pairs: unknown[] = []
  try {
    for (const [key, value] of map) {
      pairs.push(prepare(key, depth + 1, strict))
      pairs.push(prepare(value, depth + 1, strict))
    }
  } catch (error) {
    const which = pairs.length % 2 === 0 ? 'keys' : 'values'
    throw passing(error, map, `.${which}()[${Math.floor(pairs.length / 2)}]`)
  }
  return new MapBox(pairs)
}

function prepareSet(set: Set<unknown>, depth: number, strict: boolean): unknown {
  const items: unknown[] = []
  let changed = false
  try {
    for (const item of set) {
      const ready = prepare(item, depth + 1, strict)
      changed ||= !Object.is(ready, item)
      items.push(ready)
    }
  } catch (error) {
    throw passing(error, set, `.values()[${items.length}]`)
  }
  return changed ? new Set(items) : set
}

/** Notes the step on an error's way up; what a getter or a proxy threw becomes an {@link Unsupported} with a cause. */
function passing(error: unknown, container: object, step: string): Unsupported {
  const unsupported = error instanceof Unsupported ? error : new Unsupported('cannot be read', { cause: error })
  return unsupported.from(container, step)
}

function asBytes(view: ArrayBufferView): Buffer {
  return Buffer.from(view.buffer as ArrayBuffer, view.byteOffset, view.byteLength)
}

/** Gives an instance as it is once `probe` could read what only a real one has: Object.create(Date.prototype) throws. */
function real<T>(probe: (instance: T) => unknown): (instance: T) => T {
  return (instance) => {
    probe(instance)
    return instance
  }
}

/** What to do with an instance of a built-in class, by its prototype. */
const BUILT_INS = new Map<object, (value: never, depth: number, strict: boolean) => unknown>([
  [Map.prototype, prepareMap],
  [Set.prototype, prepareSet],
  [Date.prototype, real((date: Date) => date.getTime())],
  [Uint8Array.prototype, asBytes],
  [Buffer.prototype, asBytes],
  [ArrayBuffer.prototype, real((buffer: ArrayBuffer) => buffer.byteLength)],
  [DataView.prototype, real((view: DataView) => view.byteLength)],
])

for (const kind of [
  Int8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array,
])
  BUILT_INS.set(kind.prototype, real(asBytes))

const { Float16Array } = globalThis as { Float16Array?: { prototype: object } }
if (Float16Array !== undefined)
  BUILT_INS.set(Float16Array.prototype, (view: ArrayBufferView) => new HalfFloats(asBytes(view)))

/** Is it the Object.prototype of another realm, such as a `vm` context? */
function isObjectPrototype(prototype: object): boolean {
  return Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype, 'isPrototypeOf')
}

function instanceName(prototype: object): string {
  const made = (prototype as { constructor?: unknown }).constructor
  const name = typeof made === 'function' ? made.name : ''
  return name === '' ? 'an instance of a class' : `an instance of ${name}`
}
