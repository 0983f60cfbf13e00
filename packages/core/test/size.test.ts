import { expect, it } from 'vitest'
import { parseSize } from '../src/index.js'
import { granaryError } from './expectations.js'

it.each([
  [1, 1],
  [10.9, 10],
  ['512b', 512],
  ['64kb', 65_536],
  ['64mb', 67_108_864],
  ['2gb', 2_147_483_648],
  ['1tb', 1_099_511_627_776],
  ['1.5KB', 1_536],
  [' 64 Mb ', 67_108_864],
])('%j is %d bytes', (size, bytes) => expect(parseSize(size)).toBe(bytes))

it.each([
  0,
  0.9,
  -1,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  2 ** 53,
  '',
  '64',
  '0b',
  '0.5b',
  '64mib',
  '-1kb',
  'mb',
  null,
  undefined,
  64n,
])('%o is refused, with a message that says what to give', (size) => {
  expect(() => parseSize(size as number, 'maxBytes')).toThrow(
    granaryError('INVALID_OPTION', /^maxBytes: .* is not a size: .*'64mb'/),
  )
})
