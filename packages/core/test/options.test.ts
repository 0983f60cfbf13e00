import { expect, it } from 'vitest'
import { checkOptions } from '../src/index.js'
import { granaryError } from './expectations.js'

it('lets options pass that there are', () => {
  expect(() => checkOptions('thing', { a: 1, b: undefined }, ['a', 'b'])).not.toThrow()
  expect(() => checkOptions('thing', {}, ['a'])).not.toThrow()
})

it('names the option that there is not, and those that there are', () => {
  expect(() => checkOptions('thing', { a: 1, c: 1, d: undefined }, ['a', 'b'])).toThrow(
    granaryError('INVALID_OPTION', /^thing has no option c, d; it has a, b$/),
  )
})

it('does not take an option of Object.prototype for one that there is', () => {
  expect(() => checkOptions('thing', JSON.parse('{"__proto__": 1, "toString": 1}'), ['a'])).toThrow(
    granaryError('INVALID_OPTION', /__proto__, toString/),
  )
})

it.each([undefined, null, 'a', 7, () => {}])('refuses %s in the place of options', (options) => {
  expect(() => checkOptions('thing', options, ['a', 'b'])).toThrow(
    granaryError('INVALID_OPTION', /^thing takes an object with options: a, b$/),
  )
})
