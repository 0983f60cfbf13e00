import fc from 'fast-check'

const soak = Number(process.env.GRANARY_SOAK ?? 1)

/** How many runs a property gets: `GRANARY_SOAK` is a factor. */
export function runs(count: number): { numRuns: number } {
  return { numRuns: Math.ceil(count * soak) }
}

const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: 'grapheme', maxLength: 100 }),
  fc.string({ unit: 'binary', minLength: 60, maxLength: 300 }).map((long) => `\ufeff${long}`),
  fc.constantFrom('', '__proto__', 'constructor', 'toString', '\ufeff', 'x'.repeat(31), 'x'.repeat(32), 'é'.repeat(40)),
)

const number = fc.oneof(
  fc.double(),
  fc.integer(),
  fc.maxSafeInteger(),
  fc.constantFrom(-0, 2 ** 31, 2 ** 32, -(2 ** 31) - 1, 2 ** 53, 1.7976931348623157e308, 5e-324),
)

const bigint = fc.oneof(
  fc.bigInt(),
  fc.bigInt({ min: -(2n ** 66n), max: 2n ** 66n }),
  fc.bigInt({ min: 0n, max: 2n ** 2100n }).map((big) => (big % 2n === 0n ? big : -big)),
)

const kinds = [
  Int8Array,
  Uint8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array,
  (globalThis as { Float16Array?: typeof Float32Array }).Float16Array,
].filter((kind) => kind !== undefined)

const buffers = fc
  .tuple(fc.uint8Array({ maxLength: 64 }), fc.constantFrom(...kinds, DataView, ArrayBuffer))
  .map(([data, Kind]) => {
    const whole = data.slice(0, data.length - (data.length % 8)).buffer
    return Kind === ArrayBuffer ? whole : new (Kind as Uint8ArrayConstructor)(whole)
  })

const date = fc.oneof(fc.date({ noInvalidDate: false }), fc.constantFrom(new Date(8.64e15), new Date(-8.64e15)))

/** Every value that a codec promises to bring back. */
export const anyValue: fc.Arbitrary<unknown> = fc.letrec<{ value: unknown }>((tie) => {
  const value = tie('value')
  return {
    value: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.oneof(fc.constantFrom(undefined, null, true, false), number, bigint, text, date, buffers),
      fc.array(value),
      fc.dictionary(text, value, { noNullPrototype: true }),
      fc.array(fc.tuple(value, value)).map((entries) => new Map(entries)),
      fc.array(value).map((items) => new Set(items)),
      fc.array(fc.tuple(text, value)).map(withOwn),
    ),
  }
}).value

/** An object with these own properties, also where an assignment would set a prototype. */
export function withOwn(entries: readonly (readonly [string, unknown])[]): object {
  const object = {}
  for (const [key, value] of entries)
    Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true })
  return object
}

export function nested(depth: number): unknown {
  let value: unknown = []
  for (let level = 1; level < depth; level++) value = level % 2 === 0 ? [value] : { inner: value }
  return value
}
