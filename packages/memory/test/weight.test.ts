import { entryOf } from '@granary/testkit'
import { expect, it } from 'vitest'
import { weightOf } from '../src/weight.js'

const UNLIMITED = Number.MAX_SAFE_INTEGER

/** What a value adds to the weight of an entry. */
const of = (value: unknown) => weightOf('', entryOf(value), UNLIMITED) - weightOf('', entryOf(null), UNLIMITED)

it('counts characters at two bytes, bytes at their length, and numbers at eight', () => {
  expect(of('x'.repeat(1_000)) - of('')).toBe(2_000)
  expect(of(new Uint8Array(5_000)) - of(new Uint8Array(0))).toBe(5_000)
  expect(of(new ArrayBuffer(5_000)) - of(new ArrayBuffer(0))).toBe(5_000)
  expect(of(Array(100).fill(1)) - of([])).toBe(800)
  expect(of(2n ** 8_000n)).toBeGreaterThan(1_000)
  expect(of(1n) % 1).toBe(0)
})

it('counts keys and tags', () => {
  const weigh = (key: string, tags: string[]) => weightOf(key, entryOf(1, { tags }), UNLIMITED)
  expect(weigh('k'.repeat(100), []) - weigh('', [])).toBe(200)
  expect(weigh('', ['t'.repeat(100)]) - weigh('', [])).toBeGreaterThanOrEqual(200)
})

it('counts what a schema was given beside what it made of it', () => {
  const transformed = Object.assign(entryOf(1), { stored: 'x'.repeat(1_000) })
  expect(weightOf('', transformed, UNLIMITED) - weightOf('', entryOf(1), UNLIMITED)).toBeGreaterThanOrEqual(2_000)
})

it.each([
  ['an array', [['x'.repeat(500)]]],
  ['an object', { a: { b: 'x'.repeat(500) } }],
  ['names of properties', { ['x'.repeat(500)]: 1 }],
  ['keys of a Map', new Map([['x'.repeat(500), 1]])],
  ['values of a Map', new Map([[1, { a: 'x'.repeat(500) }]])],
  ['a Set', new Set(['x'.repeat(500)])],
  [
    'a class',
    new (class {
      text = 'x'.repeat(500)
    })(),
  ],
])('counts what is in %s', (_, value) => {
  expect(of(value)).toBeGreaterThan(1_000)
  expect(of(value)).toBeLessThan(1_300)
})

it('gives every kind of value a weight', () => {
  for (const value of [undefined, null, true, 0, Number.NaN, '', 1n, Symbol('s'), () => 1, new Date(0), /x/]) {
    expect(of(value)).toBeGreaterThanOrEqual(0)
    expect(of(value)).toBeLessThan(100)
  }
})

it('ends in a cycle, and does not take it for much', () => {
  const node: Record<string, unknown> = { name: 'loop' }
  node.self = node
  expect(of(node)).toBeLessThan(100_000)
})

it('walks values nested too deep for recursion', () => {
  let nested: unknown = 'x'
  for (let depth = 0; depth < 200_000; depth++) nested = [nested]
  expect(of(nested)).toBeGreaterThan(200_000 * 8)
})

it('walks no further than the limit', () => {
  let reads = 0
  const item = {
    get text() {
      reads += 1
      return 'x'.repeat(1_000)
    },
  }
  const values = Array.from({ length: 1_000 }, () => ({ item }))
  expect(weightOf('k', entryOf(values), 20_000)).toBeGreaterThan(20_000)
  expect(reads).toBeLessThan(10)
  expect(weightOf('k', entryOf(new Array(2 ** 32 - 1)), 20_000)).toBeGreaterThan(20_000)
})
