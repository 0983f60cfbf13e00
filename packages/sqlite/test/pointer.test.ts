import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { newPointer, POINTER_LENGTH, pointerBytes, pointerIn } from '../src/pointer.js'

const head = [0x47, 0x52, 0x46, 1]

describe('fault 45: what a row has in place of a value in a file', () => {
  it('is read as it was written, for any length that a file can have', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 48 - 1 }), (length) => {
        const pointer = newPointer(length)
        expect(pointerIn(pointerBytes(pointer))).toEqual(pointer)
      }),
    )
  })

  it('names nothing but a file of its folder, whoever wrote it', () => {
    const size = { minLength: POINTER_LENGTH - head.length, maxLength: POINTER_LENGTH - head.length }
    fc.assert(
      fc.property(fc.uint8Array(size), (rest) => {
        expect(pointerIn(Uint8Array.from([...head, ...rest]))?.name).toMatch(/^[0-9a-f]{32}$/)
      }),
    )
  })

  it('is not taken for one in any other bytes', () => {
    const other = fc.uint8Array({ maxLength: 60 }).filter((bytes) => !head.every((byte, i) => bytes[i] === byte))
    const longer = fc.uint8Array({ minLength: POINTER_LENGTH }).map((rest) => Uint8Array.from([...head, ...rest]))
    fc.assert(
      fc.property(fc.oneof(other, longer), (bytes) => {
        expect(pointerIn(bytes)).toBeUndefined()
      }),
    )
  })
})
