import { isDeepStrictEqual } from 'node:util'
import { runInNewContext } from 'node:vm'
import { GranaryError } from '@granary/core'
import { SAMPLE_VALUES } from '@granary/testkit'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Content, contentOf, deserialize, serialize } from '../src/serialize.js'
import { anyValue, nested, runs, withOwn } from './values.js'

function roundTrip(value: unknown): unknown {
  const content = contentOf(value)
  const bytes = new Uint8Array(serialize(value, content))
  return deserialize(bytes, 0, bytes.length, content)
}

function read(bytes: ArrayLike<number>, content: Content = 0): unknown {
  return deserialize(Uint8Array.from(bytes), 0, bytes.length, content)
}

function errorOf(action: () => unknown): GranaryError {
  try {
    action()
  } catch (error) {
    if (error instanceof GranaryError) return error
    throw error
  }
  throw new Error('it did not throw')
}

describe('fault 43: a value comes back as it was', () => {
  it('whatever it is made of', () => {
    fc.assert(
      fc.property(anyValue, (value) => {
        expect(isDeepStrictEqual(roundTrip(value), value)).toBe(true)
      }),
      runs(700),
    )
  })

  for (const [name, make] of Object.entries(SAMPLE_VALUES))
    it(name, () => expect(roundTrip(make())).toStrictEqual(make()))

  it('with -0, NaN and infinities told apart anywhere', () => {
    const value = { a: -0, b: [0, -0, Number.NaN], c: new Map([[1, -0]]), d: new Set([Number.NaN]) }
    const back = roundTrip(value) as typeof value
    expect(Object.is(back.a, -0)).toBe(true)
    expect(back.b.map((one) => Object.is(one, -0))).toEqual([false, true, false])
    expect(Object.is(back.c.get(1), -0)).toBe(true)
    expect(roundTrip(Number.NEGATIVE_INFINITY)).toBe(Number.NEGATIVE_INFINITY)
    expect(roundTrip(-0)).toBe(-0)
  })

  it('with keys such as __proto__ and constructor as own properties, and prototypes as they were', () => {
    const value = withOwn([
      ['__proto__', { polluted: true }],
      ['constructor', { prototype: { polluted: true } }],
      ['hasOwnProperty', 1],
      ['toJSON', 'text'],
    ])
    const back = roundTrip({ value }) as { value: object }
    expect(Object.keys(back.value)).toEqual(['__proto__', 'constructor', 'hasOwnProperty', 'toJSON'])
    expect(Object.getPrototypeOf(back.value)).toBe(Object.prototype)
    expect(Object.getOwnPropertyDescriptor(back.value, '__proto__')?.value).toEqual({ polluted: true })
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined()
  })

  it('with its keys in their order', () => {
    const value = { z: 1, a: 2, '10': 3, '2': 4, '': 5 }
    expect(Object.keys(roundTrip(value) as object)).toEqual(Object.keys(value))
  })

  it('with more keys than a short msgpack map holds', () => {
    const value = Object.fromEntries(Array.from({ length: 70_000 }, (_, at) => [`key ${at}`, at]))
    expect(roundTrip(value)).toEqual(value)
  })

  it('with a leading U+FEFF, however long the text or key', () => {
    for (const length of [0, 10, 31, 32, 63, 64, 65, 300]) {
      const text = `\ufeff\ufeff${'x'.repeat(length)}`
      expect(roundTrip({ [text]: text })).toEqual({ [text]: text })
    }
  })

  it('with text of every kind that has the byte by which lone surrogates are looked for', () => {
    for (const text of ['한국어 텍스트', '\ud7ff', '한'.repeat(100)]) expect(roundTrip([text])).toEqual([text])
    expect(roundTrip(new Uint8Array([0xed, 0xed]))).toEqual(new Uint8Array([0xed, 0xed]))
    expect(roundTrip([Uint8Array.of(0xed)])).toEqual([Uint8Array.of(0xed)])
  })

  it('with every time that a Date can have', () => {
    fc.assert(
      fc.property(fc.integer({ min: -8.64e15, max: 8.64e15 }), (time) => {
        expect(roundTrip([new Date(time)])).toEqual([new Date(time)])
      }),
      runs(2000),
    )
    expect((roundTrip(new Date(Number.NaN)) as Date).getTime()).toBeNaN()
  })

  it('as a plain object, if it had no prototype or one of another realm', () => {
    const bare = Object.assign(Object.create(null), { a: 1 })
    expect(roundTrip(bare)).toStrictEqual({ a: 1 })
    expect(roundTrip(runInNewContext('({ a: [1, { b: 2 }] })'))).toStrictEqual({ a: [1, { b: 2 }] })
  })

  it('twice, where it is referred to twice', () => {
    const shared = { a: [1] }
    const back = roundTrip([shared, shared]) as object[]
    expect(back).toEqual([shared, shared])
    expect(back[0]).not.toBe(back[1])
  })

  it('as bytes of their own: a plain Uint8Array that shares memory with nothing', () => {
    for (const value of [Buffer.from('bytes'), new Uint8Array([1, 2, 3])]) {
      for (const wrapped of [value, { value }]) {
        const content = contentOf(wrapped)
        const source = new Uint8Array(serialize(wrapped, content))
        const back = deserialize(source, 0, source.length, content)
        const bytes = (back instanceof Uint8Array ? back : (back as { value: Uint8Array }).value) as Uint8Array
        expect(Object.getPrototypeOf(bytes)).toBe(Uint8Array.prototype)
        expect([...bytes]).toEqual([...value])
        expect(bytes.buffer.byteLength).toBe(bytes.length)
        expect(bytes.buffer).not.toBe(source.buffer)
      }
    }
  })

  it('and is itself not changed by it', () => {
    const value = Object.freeze({ zero: -0, map: new Map([['\ufeff', -0]]), list: Object.freeze([-0, new Set([-1])]) })
    roundTrip(value)
    expect(Object.is(value.zero, -0)).toBe(true)
    expect([...value.map]).toEqual([['\ufeff', -0]])
  })

  it('at the greatest depth, and not beyond', () => {
    expect(roundTrip(nested(128))).toEqual(nested(128))
    expect(errorOf(() => roundTrip(nested(129))).code).toBe('UNSUPPORTED_VALUE')
  })
})

describe('fault 43: what would not come back is refused with its path', () => {
  class Custom {}
  const cycle: Record<string, unknown> = { a: { b: [] } }
  ;(cycle.a as { b: unknown[] }).b.push(1, cycle.a)
  const cases: [string, unknown, string][] = [
    ['a function', { options: { onDone() {} } }, 'value.options.onDone is a function'],
    ['a symbol', [1, Symbol('s')], 'value[1] is a symbol'],
    ['a symbol as a key', { a: { [Symbol('s')]: 1 } }, 'value.a has a property that is named by a symbol'],
    ['an instance of a class', { list: [new Custom()] }, 'value.list[0] is an instance of Custom'],
    ['a RegExp', { 'a b': /x/ }, 'value["a b"] is an instance of RegExp'],
    ['an Error', new Error('x'), 'value is an instance of Error'],
    ['a promise', Promise.resolve(), 'value is an instance of Promise'],
    ['a boxed number', [Object(1)], 'value[0] is an instance of Number'],
    ['shared memory', new SharedArrayBuffer(1), 'value is an instance of SharedArrayBuffer'],
    ['a subclass of Array', [new (class List extends Array {})()], 'value[0] is an instance of List'],
    ['a subclass of Map', new (class Table extends Map {})(), 'value is an instance of Table'],
    ['a hole', Object.assign(new Array(3), { 0: 1, 2: 2 }), 'value[1] is a hole'],
    ['a huge array of holes', new Array(4_000_000_000), 'value[0] is a hole'],
    ['properties of an array', { m: 'abc'.match(/b/) }, 'value.m is an array with properties'],
    ['a lone surrogate', { a: ['\ud800'] }, 'value.a[0] has a lone surrogate'],
    ['a lone surrogate in long text', { a: `${'x'.repeat(100)}\udc00` }, 'value.a has a lone surrogate'],
    ['a lone surrogate in a key', { a: { '\udfff': 1 } }, 'has a lone surrogate'],
    ['a key of a Map', new Map([[Symbol('k'), 1]]), 'value.keys()[0] is a symbol'],
    ['a value of a Map', { m: new Map([[1, () => 1]]) }, 'value.m.values()[0] is a function'],
    ['an item of a Set', new Set([1, () => 1]), 'value.values()[1] is a function'],
    ['a cycle', cycle, 'value.a.b[1] refers back'],
    ['something like a Date', Object.create(Date.prototype), 'value cannot be written'],
    ['something like a Map', [Object.create(Map.prototype)], 'value[0]'],
  ]
  for (const [name, value, message] of cases)
    it(name, () => {
      const error = errorOf(() => roundTrip(value))
      expect(error.code).toBe('UNSUPPORTED_VALUE')
      expect(error.message).toContain(message)
    })

  it('a lone surrogate in text of every length', () => {
    for (let length = 0; length < 200; length++)
      for (const text of [`\ud800${'x'.repeat(length)}`, `${'é'.repeat(length)}\udc00`])
        expect(errorOf(() => roundTrip([text])).code).toBe('UNSUPPORTED_VALUE')
  })

  it('what a getter throws, as a cause', () => {
    const value = {
      get broken() {
        throw new Error('no')
      },
    }
    const error = errorOf(() => roundTrip({ value }))
    expect(error.message).toContain('value.value.broken cannot be read')
    expect((error.cause as Error).message).toBe('no')
  })

  it('and the next value is written as if nothing had been', () => {
    errorOf(() => roundTrip({ a: [1, () => 1] }))
    expect(roundTrip({ a: [1, 2] })).toEqual({ a: [1, 2] })
  })
})

describe('fault 43: hostile msgpack', () => {
  const text = (value: string) => [0xa0 + value.length, ...Buffer.from(value)]
  const cases: [string, number[]][] = [
    ['a RegExp', [0xd4, 0x78, 0, 0x92, ...text('(a+)+$'), ...text('')]],
    ['an Error', [0xd4, 0x65, 0, 0x93, ...text('Error'), ...text('x'), 0xc0]],
    ['a named reference', [0xd6, 0x69, 0, 0, 0, 1, 0x91, 0xd6, 0x70, 0, 0, 0, 1]],
    ['a pointer', [0xd6, 0x70, 0, 0, 0, 1]],
    ['bundled strings', [0xd6, 0x62, 0, 0, 0, 4, 0xa0, 0xa0]],
    ['a record definition', [0xd4, 0x72, 0x40, 0x91, ...text('a'), 1]],
    ['a record definition of two bytes', [0xd5, 0x72, 0x60, 0x01, 0x91, ...text('a'), 1]],
    ['an extension of no known type', [0xd4, 0x44, 0]],
    ['an extension of ours in another form', [0xd5, 0x02, 0, 0]],
    ['an extension of ours, long', [0xc7, 3, 0x03, 1, 2, 3]],
    ['a Map of an odd list', [0xd4, 0x02, 0, 0x91, 1]],
    ['a Map of text', [0xd4, 0x02, 0, ...text('ab')]],
    ['an object with a key that is no text', [0xd4, 0x03, 0, 0x92, 1, 1]],
    ['a Set of text', [0xd4, 0x73, 0, ...text('ab')]],
    ['marked text that is not UTF-8', [0xd4, 0x04, 0, 0xc4, 1, 0xff]],
    ['marked text without bytes', [0xd4, 0x04, 0, 0xc0]],
    ['half floats without bytes', [0xd4, 0x05, 0, 0xc0]],
    ['half floats of half a number', [0xd4, 0x05, 0, 0xc4, 1, 0]],
    ['a typed array of no known kind', [0xd5, 0x74, 99, 0]],
    ['a typed array of half a number', [0xd5, 0x74, 5, 0]],
    ['an empty bigint', [0xc7, 0, 0x42]],
    ['the byte that msgpack never uses', [0xc1]],
    ['that byte inside', [0x92, 1, 0xc1]],
    ['a map with an object as a key', [0x81, 0x80, 1]],
    ['text of 4 GiB', [0xdb, 0xff, 0xff, 0xff, 0xff, 0x61]],
    ['bytes of 4 GiB', [0xc6, 0xff, 0xff, 0xff, 0xff, 0x61]],
    ['an array of 4 Gi elements', [0xdd, 0xff, 0xff, 0xff, 0xff, 1]],
    ['a map of 4 Gi entries', [0xdf, 0xff, 0xff, 0xff, 0xff, 1]],
    ['an extension of 4 GiB', [0xc9, 0xff, 0xff, 0xff, 0xff, 0x42]],
    ['arrays that declare much, within each other', Array.from({ length: 3333 }, () => [0xdc, 0xff, 0xff]).flat()],
    ['10⁵ arrays within each other', [...new Array(100_000).fill(0x91), 1]],
    ['10⁵ maps within each other', [...Array.from({ length: 100_000 }, () => [0x81, 0xa0]).flat(), 1]],
    ['129 arrays within each other', [...new Array(129).fill(0x91), 1]],
    ['129 Sets within each other', [...Array.from({ length: 129 }, () => [0xd4, 0x73, 0, 0x91]).flat(), 1]],
    ['trailing bytes', [1, 1]],
    ['nothing', []],
  ]
  for (const [name, bytes] of cases)
    it(`${name} is CORRUPT`, () => {
      const error = errorOf(() => read(bytes))
      expect(error.code).toBe('CORRUPT')
    })

  it('cannot set a prototype', () => {
    const back = read([0x81, ...text('__proto__'), 0x81, ...text('polluted'), 0xc3]) as object
    expect(Object.getPrototypeOf(back)).toBe(Object.prototype)
    expect((back as { polluted?: boolean }).polluted).toBeUndefined()
    const defined = read([0xd4, 0x03, 0, 0x92, ...text('__proto__'), 0x81, ...text('polluted'), 0xc3]) as object
    expect(Object.getPrototypeOf(defined)).toBe(Object.prototype)
  })

  it('gives a value or CORRUPT, whatever the bytes', () => {
    const before = Object.getOwnPropertyNames(Object.prototype)
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          read(bytes)
        } catch (error) {
          expect((error as GranaryError).code).toBe('CORRUPT')
        }
      }),
      runs(20_000),
    )
    expect(Object.getOwnPropertyNames(Object.prototype)).toEqual(before)
  })

  it('gives a value or CORRUPT for a good value with bytes changed', () => {
    fc.assert(
      fc.property(anyValue, fc.nat(), fc.integer({ min: 0, max: 255 }), (value, at, byte) => {
        const bytes = new Uint8Array(serialize([value], 0))
        bytes[at % bytes.length] = byte
        try {
          read(bytes)
        } catch (error) {
          expect((error as GranaryError).code).toBe('CORRUPT')
        }
      }),
      runs(700),
    )
  })

  it('leaves the reader as good as new', () => {
    for (const [, bytes] of cases) errorOf(() => read(bytes))
    expect(roundTrip({ a: [1, { b: 'c' }] })).toEqual({ a: [1, { b: 'c' }] })
  })
})
