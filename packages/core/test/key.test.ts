import { createHash } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { canonical, defineTask } from '../src/index.js'
import { keyOf } from '../src/key.js'
import { granaryError } from './expectations.js'

const sparse = (length: number) => new Array(length)
const bytes = Uint8Array.of(1, 2)

/** Values that differ, each a way in which another cache gave one input's answer to another. */
const DISTINCT: readonly unknown[] = [
  undefined,
  null,
  true,
  false,
  0,
  -0,
  1,
  -1,
  1.5,
  1e21,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
  0n,
  1n,
  -1n,
  10n ** 30n,
  '',
  '0',
  '1',
  '1n',
  'null',
  'undefined',
  'NaN',
  'true',
  'hole',
  'signal',
  '"',
  '\\',
  '\n',
  '\\n',
  '\u0000',
  'a',
  'A',
  'á',
  'a\u0301',
  '\ud800',
  '\ud801',
  '\udc00',
  '\ufffd',
  '\\ud800',
  '😀',
  [],
  [undefined],
  [null],
  sparse(1),
  sparse(2),
  [undefined, undefined],
  [0],
  [-0],
  [[]],
  [[[]]],
  [1, 2],
  [2, 1],
  ['1,2'],
  ['1', '2'],
  [1, [2]],
  [[1], 2],
  {},
  { a: undefined },
  { a: null },
  { a: 1 },
  { a: '1' },
  { A: 1 },
  { b: 1 },
  { a: 1, b: undefined },
  { a: { b: 1 } },
  { a: {} },
  { '': 1 },
  { '': undefined },
  { 'a":1,"b': 1 },
  { a: 1, b: 1 },
  JSON.parse('{"__proto__":1}'),
  JSON.parse('{"__proto__":{}}'),
  JSON.parse('{"constructor":1}'),
  new Date(0),
  new Date(1),
  new Date(Number.NaN),
  '1970-01-01T00:00:00.000Z',
  'Date(0)',
  new Map(),
  new Map([['a', 1]]),
  new Map([['a', undefined]]),
  new Map<unknown, unknown>([[1, 'a']]),
  new Map<unknown, unknown>([['1', 'a']]),
  new Map([[{ a: 1 }, 1]]),
  new Map<unknown, unknown>([['a', new Map()]]),
  new Set(),
  new Set([1]),
  new Set(['1']),
  new Set([undefined]),
  new Set([1, 2]),
  new Set([[1, 2]]),
  new Uint8Array(),
  new Uint8Array(2),
  bytes,
  new Uint8ClampedArray(bytes),
  new Int8Array(bytes),
  new Uint16Array([513]),
  new Int16Array([513]),
  new Uint32Array([513]),
  new Int32Array([513]),
  new Float32Array([513]),
  new Float64Array([513]),
  new BigUint64Array([513n]),
  new BigInt64Array([513n]),
  new DataView(bytes.buffer),
  bytes.buffer,
  new ArrayBuffer(0),
  { 0: 1, 1: 2 },
]

const anything = fc.anything({
  withBigInt: true,
  withDate: true,
  withMap: true,
  withSet: true,
  withTypedArray: true,
  withSparseArray: true,
  withNullPrototype: false,
  withObjectString: true,
})

/** The same value with the properties of every object in another order. */
function reordered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reordered)
  if (value instanceof Map) return new Map([...value].reverse().map(([key, item]) => [reordered(key), reordered(item)]))
  if (value instanceof Set) return new Set([...value].reverse().map(reordered))
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value
  const turned = {}
  for (const [key, item] of Object.entries(value).reverse())
    Object.defineProperty(turned, key, { value: reordered(item), enumerable: true, writable: true, configurable: true })
  return turned
}

describe('the canonical form', () => {
  it('faults 14, 22: differs for everything that differs', () => {
    const seen = new Map<string, unknown>()
    for (const value of DISTINCT) {
      const form = canonical(value)
      expect(seen.has(form), `${form} stands for two values`).toBe(false)
      seen.set(form, value)
    }
  })

  it.each<[string, (value: unknown) => unknown]>([
    ['an object', (value) => ({ a: value })],
    ['an array', (value) => [1, value, 2]],
    ['a Map', (value) => new Map([['a', value]])],
  ])('faults 14, 22: differs for everything that differs, also within %s', (_, wrap) => {
    expect(new Set(DISTINCT.map((value) => canonical(wrap(value)))).size).toBe(DISTINCT.length)
  })

  it.each<[string, (value: unknown) => unknown]>([
    ['the key of a Map', (value) => new Map([[value, 'a']])],
    ['the item of a Set', (value) => new Set([value])],
  ])('faults 14, 22: differs for everything that differs, also as %s, which knows no -0', (_, wrap) => {
    expect(new Set(DISTINCT.map((value) => canonical(wrap(value)))).size).toBe(DISTINCT.length - 1)
  })

  it('is the same whatever the order of properties, of Map entries and of Set items', () => {
    fc.assert(
      fc.property(anything, (value) => {
        expect(canonical(reordered(value))).toBe(canonical(value))
      }),
      { numRuns: 500 },
    )
  })

  it('is the same for a copy', () => {
    fc.assert(
      fc.property(anything, (value) => {
        expect(canonical(structuredClone(value))).toBe(canonical(value))
      }),
      { numRuns: 500 },
    )
  })

  it('faults 14, 22: of two JSON values is the same only if they are', () => {
    const json = fc.jsonValue({ maxDepth: 3 })
    fc.assert(
      fc.property(json, json, (a, b) => {
        expect(canonical(a) === canonical(b)).toBe(isDeepStrictEqual(a, b))
      }),
      { numRuns: 1_000 },
    )
  })

  it('sorts properties by code unit, however they were added and however many there are', () => {
    const names = Array.from({ length: 40 }, (_, i) => `${(i * 7) % 40}`)
    const expected = `{${[...names]
      .sort()
      .map((name) => `"${name}":${name}`)
      .join(',')}}`
    expect(canonical(Object.fromEntries(names.map((name) => [name, Number(name)])))).toBe(expected)
    expect(canonical({ é: 1, z: 2, '': 3, Z: 4, '😀': 5, '\uffff': 6 })).toBe(
      '{"":3,"Z":4,"z":2,"é":1,"😀":5,"\uffff":6}',
    )
  })

  it('takes an object without a prototype for what it holds', () => {
    expect(canonical(Object.assign(Object.create(null), { a: 1 }))).toBe(canonical({ a: 1 }))
  })

  it('takes a Buffer for the bytes that it is, and a view for those that it shows', () => {
    expect(canonical(Buffer.from([1, 2]))).toBe(canonical(bytes))
    expect(canonical(Uint8Array.of(0, 1, 2, 3).subarray(1, 3))).toBe(canonical(bytes))
    expect(canonical(new DataView(Uint8Array.of(0, 1, 2).buffer, 1))).toBe(canonical(new DataView(bytes.buffer)))
  })

  it('passes an AbortSignal by, wherever it stands in an object', () => {
    const { signal } = new AbortController()
    expect(canonical({ a: 1, signal, b: 2 })).toBe(canonical({ a: 1, b: 2 }))
    expect(canonical({ b: 2, signal, a: 1 })).toBe(canonical({ a: 1, b: 2 }))
    expect(canonical({ signal })).toBe(canonical({}))
    expect(canonical([signal])).toBe(canonical([AbortSignal.abort()]))
  })

  it('does not count symbols and what is not enumerable', () => {
    const object = Object.defineProperty({ a: 1, [Symbol('s')]: 2 }, 'hidden', { value: 3 })
    expect(canonical(object)).toBe(canonical({ a: 1 }))
  })

  it('tells a task from the plain data that it holds, and from a task of another type', () => {
    const schema = z.object({ a: z.number() })
    const forms = [defineTask('one', schema)({ a: 1 }), defineTask('two', schema)({ a: 1 }), { a: 1 }].map((value) =>
      canonical(value),
    )
    expect(new Set(forms).size).toBe(3)
  })

  it('is pinned: a change of the format loses every entry of every user, and is noticed here', () => {
    const value = {
      b: [1, -0, Number.NaN, 1n, undefined, null, true, 'ü"\n\ud800'],
      a: { '': new Date(0) },
      m: new Map<unknown, unknown>([
        [2, 'b'],
        ['1', 'a'],
      ]),
      s: new Set(['y', 'x']),
      u: bytes,
      // biome-ignore lint/suspicious/noSparseArray: a hole is what is tested
      h: [, 1],
    }
    expect(canonical(value)).toBe(
      '{"a":{"":Date(0)},"b":[1,-0,NaN,1n,undefined,null,true,"ü\\"\\n\\ud800"],"h":[hole,1],' +
        '"m":Map{"1":"a",2:"b"},"s":Set{"x","y"},' +
        '"u":Uint8Array(2,a12871fee210fb8619291eaea194581cbd2531e4b23759d225f6806923f63222)}',
    )
    expect(canonical(defineTask('doc', z.object({ path: z.string() }))({ path: 'x' }))).toBe('Task("doc"){"path":"x"}')
  })
})

describe('what cannot be part of a key', () => {
  class Money {
    amount = 1
  }
  const cycle: { self?: unknown } = {}
  cycle.self = { list: [cycle] }
  let deep: unknown = 1
  for (let i = 0; i < 200; i++) deep = { deep }

  it.each<[string, unknown, RegExp]>([
    [
      'a function',
      { options: { onDone() {} } },
      /^task\.options\.onDone is a function, which cannot be part of a key$/,
    ],
    ['a symbol', [1, Symbol('s')], /^task\[1\] is a symbol/],
    ['an instance of a class', { price: new Money() }, /^task\.price is an instance of Money/],
    ['a RegExp', { a: [/x/] }, /^task\.a\[0\] is an instance of RegExp/],
    ['an Error', new Error('x'), /^task is an instance of Error/],
    ['a promise', { p: Promise.resolve() }, /^task\.p is an instance of Promise/],
    ['a boxed string', { s: Object('x') }, /^task\.s is an instance of String/],
    ['a WeakMap', new WeakMap(), /^task is an instance of WeakMap/],
    ['a cycle', cycle, /^task\.self\.list\[0\] is part of a cycle/],
    ['a function in a Map', new Map([[1, () => {}]]), /^task\.values\[0\] is a function/],
    ['a function as the key of a Map', new Map([[() => {}, 1]]), /^task\.keys\[0\] is a function/],
    ['a function in a Set', new Set([() => {}]), /^task\.items\[0\] is a function/],
    ['what is nested deeper than 128', deep, /^task\.deep\.deep.* is nested deeper than 128/],
  ])('%s is refused, with its path', (_, value, message) => {
    expect(() => canonical(value, 'task')).toThrow(granaryError('INVALID_KEY', message))
  })

  it('fault 46: is not shown in the message', () => {
    expect(() => canonical({ secret: 'canary', f: () => 'canary' })).toThrow(
      expect.not.objectContaining({ message: expect.stringContaining('canary') }),
    )
  })

  it('does not include what stands in several places without a cycle', () => {
    const shared = { a: 1 }
    expect(canonical([shared, shared])).toBe('[{"a":1},{"a":1}]')
  })

  it('does not include what is nested 128 deep', () => {
    let value: unknown = 1
    for (let i = 0; i < 128; i++) value = [value]
    expect(() => canonical(value)).not.toThrow()
  })

  it.each<[string, unknown, unknown]>([
    [
      'a class that extends Map',
      new (class Limited extends Map {
        limit = 5
      })(),
      new Map(),
    ],
    [
      'a class that extends Date',
      new (class Day extends Date {
        zone = 'CET'
      })(0),
      new Date(0),
    ],
    [
      'a class that extends Array',
      new (class List extends Array {
        name = 'x'
      })(),
      [],
    ],
    [
      'a class that extends Set',
      new (class Bag extends Set {
        count = 2
      })(),
      new Set(),
    ],
  ])('fault 14: an instance of %s is one of an unknown class', (_, value, plain) => {
    let form = 'refused'
    try {
      form = canonical(value)
    } catch {}
    expect(form).not.toBe(canonical(plain))
  })

  it('fault 14: named properties of an array count, or are refused', () => {
    let form = 'refused'
    try {
      form = canonical(Object.assign(['a'], { groups: { name: 'a' } }))
    } catch {}
    expect(form).not.toBe(canonical(['a']))
  })
})

describe('a key', () => {
  it('is the SHA-256 of the canonical form in UTF-8', () => {
    const form = canonical({ text: 'ünïcödé 😀' })
    expect(keyOf(form)).toBe(createHash('sha256').update(form, 'utf8').digest('hex'))
  })
})
