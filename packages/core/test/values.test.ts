import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { defineTask } from '../src/index.js'
import { copy, protect } from '../src/values.js'
import { granaryError } from './expectations.js'

function nested(depth: number): unknown {
  let value: unknown = 'core'
  for (let i = 0; i < depth; i++) value = i % 2 === 0 ? [value] : { value }
  return value
}

describe('protect', () => {
  it('fault 21: freezes plain data all the way down, so that a mutation throws', () => {
    const value = { list: [{ deep: { x: 1 } }], none: Object.assign(Object.create(null), { y: [2] }) }
    expect(protect(value)).toBe(true)
    expect(() => (value.list[0] as { deep: { x: number } }).deep.x++).toThrow(TypeError)
    expect(() => value.list.push({ deep: { x: 2 } })).toThrow(TypeError)
    expect(() => value.none.y.pop()).toThrow(TypeError)
    expect(() => Object.assign(value, { added: 1 })).toThrow(TypeError)
  })

  it.each([undefined, null, true, 0, -0, Number.NaN, 1n, '', 'text'])('lets %o be shared', (value) => {
    expect(protect(value)).toBe(true)
  })

  it.each([
    ['bytes', () => new Uint8Array(2)],
    ['a Buffer', () => Buffer.from('x')],
    ['an ArrayBuffer', () => new ArrayBuffer(2)],
    ['a DataView', () => new DataView(new ArrayBuffer(2))],
    ['a Map', () => new Map()],
    ['a Set', () => new Set()],
    ['a Date', () => new Date(0)],
  ])('says that %s must be copied, also deep within', (_, make) => {
    expect(protect(make())).toBe(false)
    expect(protect({ a: [{ b: make() }] })).toBe(false)
    expect(protect([make(), 1])).toBe(false)
  })

  it('fault 21: freezes what stands in a Map and in a Set', () => {
    const [key, value, item] = [{ k: 1 }, { v: 1 }, { i: 1 }]
    protect({ map: new Map([[key, value]]), set: new Set([item]) })
    for (const object of [key, value, item]) expect(Object.isFrozen(object)).toBe(true)
  })

  it('takes what is frozen already, and what stands in several places', () => {
    const shared = Object.freeze([1])
    expect(protect([shared, shared, { shared }])).toBe(true)
  })

  it.each<[string, unknown, RegExp]>([
    [
      'a function',
      { a: [() => {}] },
      /^value\.a\[0\] is a function: keep plain data, or set values: 'shared' where all layers are memory$/,
    ],
    ['a symbol', [Symbol('s')], /^value\[0\] is a symbol/],
    ['a class instance', { a: new (class Money {})() }, /^value\.a is an instance of Money/],
    ['an AbortSignal', { signal: AbortSignal.abort() }, /^value\.signal is an instance of AbortSignal/],
    ['an Error in a Map', new Map([['e', new Error('x')]]), /^value\.values\[0\] is an instance of Error/],
    ['a RegExp in a Set', new Set([/x/]), /^value\.items\[0\] is an instance of RegExp/],
    ['a promise', Promise.resolve(), /^value is an instance of Promise/],
  ])('fault 21: refuses %s, with its path', (_, value, message) => {
    expect(() => protect(value)).toThrow(granaryError('UNSUPPORTED_VALUE', message))
  })

  it('refuses a cycle, with its path', () => {
    const cycle: Record<string, unknown> = { a: {} }
    cycle.a = { back: cycle }
    expect(() => protect(cycle)).toThrow(granaryError('UNSUPPORTED_VALUE', /^value\.a\.back is part of a cycle/))
  })

  it('fault 43: takes a depth of 128 and refuses a greater one, however great', () => {
    expect(protect(nested(129))).toBe(true)
    expect(() => protect(nested(130))).toThrow(granaryError('UNSUPPORTED_VALUE', /nested deeper than 128/))
    expect(() => protect(nested(100_000))).toThrow(granaryError('UNSUPPORTED_VALUE', /nested deeper than 128/))
  })

  it('fault 21: what hangs on an array as a named property is frozen, or refused', () => {
    const match = 'ab'.match(/(?<first>a)/)
    let refused = false
    try {
      protect(match)
    } catch {
      refused = true
    }
    expect(refused || Object.isFrozen(match?.groups)).toBe(true)
  })

  it('fault 21: what hangs on a symbol is frozen, or refused', () => {
    const inner = { x: 1 }
    let refused = false
    try {
      protect({ [Symbol('s')]: inner })
    } catch {
      refused = true
    }
    expect(refused || Object.isFrozen(inner)).toBe(true)
  })

  it('P6: refuses instances of classes that extend Map, Set, Date or Array', () => {
    const kinds = { Map, Set, Date, Array }
    const taken = Object.entries(kinds).filter(([, Kind]) => {
      class Own extends (Kind as new () => object) {
        extra = 1
      }
      try {
        protect(new Own())
        return true
      } catch {
        return false
      }
    })
    expect(taken.map(([name]) => name)).toEqual([])
  })
})

describe('copy', () => {
  it('makes anew what can be changed, and shares what is frozen', () => {
    const value = {
      at: new Date(5),
      map: new Map([['a', new Set([1])]]),
      bytes: Uint8Array.of(1, 2),
      plain: { a: [1] },
    }
    protect(value)
    const own = copy(value)
    expect(own).toEqual(value)
    own.at.setTime(9)
    own.map.get('a')?.add(2)
    own.bytes[0] = 9
    expect(value).toEqual({
      at: new Date(5),
      map: new Map([['a', new Set([1])]]),
      bytes: Uint8Array.of(1, 2),
      plain: { a: [1] },
    })
    expect(own.plain).toBe(value.plain)
  })

  it('fault 21: freezes the objects and arrays of the copy too', () => {
    const value = { list: [new Date(0), 1] }
    protect(value)
    const own = copy(value)
    expect(() => own.list.push(2)).toThrow(TypeError)
    expect(() => Object.assign(own, { added: 1 })).toThrow(TypeError)
  })

  it.each([undefined, null, 0, '', false, 1n, Object.freeze({ a: 1 }), Object.freeze([1, Object.freeze([2])])])(
    'gives back %o itself',
    (value) => expect(copy(value)).toBe(value),
  )

  it.each<[string, () => object]>([
    ['a Uint8Array', () => Uint8Array.of(1, 2)],
    ['a Uint8ClampedArray', () => Uint8ClampedArray.of(1, 2)],
    ['a Float64Array', () => Float64Array.of(1.5, -0, Number.NaN)],
    ['a BigInt64Array', () => BigInt64Array.of(-1n)],
    ['an ArrayBuffer', () => Uint8Array.of(1, 2).buffer],
    ['a DataView', () => new DataView(Uint8Array.of(1, 2, 3).buffer, 1, 1)],
    ['an invalid Date', () => new Date(Number.NaN)],
  ])('keeps what %s is', (_, make) => {
    const own = copy(make())
    expect(own).toEqual(make())
    expect(Object.getPrototypeOf(own)).toBe(Object.getPrototypeOf(make()))
  })

  it('gives bytes back as a Uint8Array, also those of a Buffer', () => {
    const own = copy(Buffer.from('abc')) as Uint8Array
    expect(Object.getPrototypeOf(own)).toBe(Uint8Array.prototype)
    expect(own).toEqual(new TextEncoder().encode('abc'))
  })

  it('keeps holes, and properties named __proto__', () => {
    const list = [new Date(0), 'deleted', 1]
    delete list[1]
    const value = { list, odd: JSON.parse('{"__proto__":{"x":1}}'), at: new Date(1) }
    protect(value)
    const own = copy(value)
    expect(1 in own.list).toBe(false)
    expect(Object.hasOwn(own.odd, '__proto__')).toBe(true)
    expect(({} as { x?: number }).x).toBeUndefined()
  })

  it('copies of a large buffer only what a view shows of it', () => {
    const view = new Uint8Array(1_000_000).subarray(10, 20)
    expect(copy(view)).toEqual(view)
    expect(copy(view).buffer.byteLength).toBe(10)
  })

  it('fault 21: copies bytes in shared memory', () => {
    const bytes = new Uint8Array(new SharedArrayBuffer(2))
    const own = copy(bytes)
    own[0] = 1
    expect(bytes[0]).toBe(0)
  })

  it('fault 21: copies what can be changed within a task', () => {
    const task = defineTask('t', z.object({ at: z.date() }))({ at: new Date(0) })
    copy([task])[0]?.at.setTime(5)
    expect(task.at).toEqual(new Date(0))
  })
})
