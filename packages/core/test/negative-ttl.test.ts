import { expect, it } from 'vitest'
import { kindOf, negativeTtlOf } from '../src/negative-ttl.js'

it('the kind of an error is its code, else its name', () => {
  expect(kindOf(Object.assign(new TypeError('x'), { code: 'ENOTFOUND' }))).toBe('ENOTFOUND')
  expect(kindOf(Object.assign(new TypeError('x'), { code: 404 }))).toBe('TypeError')
  for (const error of ['text', undefined, null, 7, {}, { name: '' }]) expect(kindOf(error)).toBe('unknown')
})

it('a table is asked by kind, and knows its own kinds only', () => {
  const table = { TypeError: '2s', unknown: 1 }
  expect(negativeTtlOf(table, new TypeError())).toBe(2_000)
  expect(negativeTtlOf(table, 'text')).toBe(1)
  expect(negativeTtlOf(table, new Error())).toBeUndefined()
  expect(negativeTtlOf(table, { name: 'toString' })).toBeUndefined()
})

it('a function is given the error; an answer that is no TTL caches nothing', () => {
  const byStatus = (error: unknown) => ((error as { status?: number }).status === 404 ? 'forever' : undefined)
  expect(negativeTtlOf(byStatus, { status: 404 })).toBe(Number.POSITIVE_INFINITY)
  expect(negativeTtlOf(byStatus, { status: 500 })).toBeUndefined()
  for (const answer of [0, -1, Number.NaN, 'soon']) expect(negativeTtlOf(() => answer, 'x')).toBeUndefined()
})
