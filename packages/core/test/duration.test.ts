import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseDuration, parseTtl } from '../src/index.js'
import { granaryError } from './expectations.js'

describe('parseDuration', () => {
  it.each([
    [250, 250],
    [0.5, 0.5],
    ['250ms', 250],
    ['90s', 90_000],
    ['5m', 300_000],
    ['1h', 3_600_000],
    ['30d', 2_592_000_000],
    ['2w', 1_209_600_000],
    ['1.5h', 5_400_000],
    [' 1 h ', 3_600_000],
    [Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
  ])('%j is %d ms', (duration, ms) => expect(parseDuration(duration)).toBe(ms))

  it.each([0, -0, -1, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 2 ** 53])(
    'fault 23: the number %d is refused, with a message that says what to give',
    (duration) => {
      expect(() => parseDuration(duration)).toThrow(granaryError('INVALID_OPTION', /duration: .* '250ms', '1h', '30d'/))
    },
  )

  it.each([
    '',
    '0s',
    '1',
    '1 hour',
    '1H',
    '-1s',
    '1h30m',
    'h',
    '1e3ms',
    '.5s',
    'Infinity',
    'forever',
    '9999999999999w',
    null,
    undefined,
    true,
    5n,
    {},
    [],
  ])('fault 23: %o is refused', (duration) => {
    expect(() => parseDuration(duration as string)).toThrow(granaryError('INVALID_OPTION'))
  })

  it('names the option in the message', () => {
    expect(() => parseDuration(0, 'timeout')).toThrow(granaryError('INVALID_OPTION', /^timeout: 0 is not a duration/))
  })

  it('is the same for a number of milliseconds and its text', () => {
    fc.assert(fc.property(fc.integer({ min: 1 }), (ms) => parseDuration(`${ms}ms`) === parseDuration(ms)))
  })
})

describe('parseTtl', () => {
  it("spells forever out: 'forever' is Infinity, and Infinity is refused", () => {
    expect(parseTtl('forever')).toBe(Number.POSITIVE_INFINITY)
    expect(() => parseTtl(Number.POSITIVE_INFINITY)).toThrow(granaryError('INVALID_OPTION', /^ttl: /))
  })

  it('fault 23: takes what a timer cannot: more than 24.8 days', () => {
    expect(parseTtl('100d')).toBe(8_640_000_000)
  })
})
