import { createHash, randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { sha256 } from '../src/sha256.js'

const expected = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

it('is what the runtime gives, for every length around two blocks', () => {
  for (let length = 0; length <= 300; length++) {
    const bytes = randomBytes(length)
    expect(sha256(bytes), `${length} bytes`).toBe(expected(bytes))
  }
})

it('is what the runtime gives, for any bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 5_000 }), (bytes) => {
      expect(sha256(bytes)).toBe(expected(bytes))
    }),
  )
})

it('is what the runtime gives, for a megabyte and a view into it', () => {
  const bytes = randomBytes(1_048_576)
  expect(sha256(bytes)).toBe(expected(bytes))
  expect(sha256(bytes.subarray(7, 100_007))).toBe(expected(bytes.subarray(7, 100_007)))
})

it('is what FIPS 180-4 gives as examples', () => {
  const text = (data: string) => sha256(new TextEncoder().encode(data))
  expect(text('')).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855')
  expect(text('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
})
