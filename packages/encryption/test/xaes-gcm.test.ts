import { describe, expect, it } from 'vitest'
import { xaesGcm } from '../src/xaes-gcm.js'
import { keyOf } from './entries.js'

const nonce = Buffer.from('ABCDEFGHIJKLMNOPQRSTUVWX')
const text = Buffer.from('XAES-256-GCM')

describe('XAES-256-GCM', () => {
  // The vectors of https://c2sp.org/XAES-256-GCM, for both ways that the first bit of the mask can be.
  it.each([
    [1, '', 'ce546ef63c9cc60765923609b33a9a1974e96e52daf2fcf7075e2271'],
    [3, 'c2sp.org/XAES-256-GCM', '986ec1832593df5443a179437fd083bf3fdb41abd740a21f71eb769d'],
  ])('is what its specification says, with the key %i…', async (byte, header, expected) => {
    const lock = xaesGcm(keyOf(byte), () => nonce)
    const covered = Buffer.from(header)
    const closed = (await lock.close(covered, text)) as Buffer
    expect(Buffer.from(closed).toString('hex')).toBe(Buffer.concat([covered, nonce]).toString('hex') + expected)
    expect(Buffer.from((await lock.open(covered, closed.subarray(covered.length))) as Uint8Array)).toEqual(text)
  })

  it('is the same on the main thread and off it', async () => {
    const header = Buffer.from('header')
    const lock = xaesGcm(keyOf(1), () => nonce)
    const long = new Uint8Array(1024 ** 2 + 1).fill(7)
    const onThread = lock.close(header, long.subarray(1)) as Uint8Array
    const later = lock.close(header, long)
    expect(onThread).toBeInstanceOf(Uint8Array)
    expect(later).toBeInstanceOf(Promise)
    // In counter mode what is before the tag does not depend on the length.
    const start = onThread.length - 16
    expect(Buffer.compare((await later).subarray(0, start), onThread.subarray(0, start))).toBe(0)
    const closed = (await later).subarray(header.length)
    expect(Buffer.compare((await lock.open(header, closed)) as Uint8Array, long)).toBe(0)
    closed[500] = (closed[500] as number) ^ 1
    expect(await lock.open(header, closed)).toBeUndefined()
  })

  it('draws a nonce of 192 bits each time', async () => {
    const lock = xaesGcm(keyOf(1))
    const closed = await Promise.all(Array.from({ length: 1_000 }, () => lock.close(new Uint8Array(), text)))
    expect(new Set(closed.map((bytes) => Buffer.from(bytes.subarray(0, 24)).toString('hex'))).size).toBe(1_000)
  })
})
