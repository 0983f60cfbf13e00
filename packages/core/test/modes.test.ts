import { expect, it } from 'vitest'
import { allowedBy, type Mode } from '../src/modes.js'
import { granaryError } from './expectations.js'

it.each([
  ['use', true, true, true],
  ['refresh', false, true, true],
  ['bypass', false, true, false],
  ['read-only', true, true, false],
  ['only-if-cached', true, false, false],
] as const)('B18: %s: reads %s, computes %s, stores %s', (mode, reads, computes, stores) => {
  expect(allowedBy(mode)).toEqual({ reads, computes, stores })
})

it.each(['', 'USE', 'toString', '__proto__', undefined, null])('B18: there is no mode %o', (mode) => {
  expect(() => allowedBy(mode as Mode)).toThrow(granaryError('INVALID_OPTION', /it is one of use, refresh, bypass/))
})
