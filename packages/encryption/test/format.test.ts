import { createCipheriv, createHmac, hkdfSync } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { standardCodec } from '@granary/codec'
import { compress } from '@granary/compression'
import type { CodecStage } from '@granary/core'
import { describe, expect, it } from 'vitest'
import { seal } from '../src/seal.js'
import { infoOf, keyOf, partsOf } from './entries.js'

const keys = [keyOf(1)]
const sign = () => seal({ keys, mode: 'sign' })
const encrypt = () => seal({ keys })
const value = { name: 'Ada', text: 'said again and again, '.repeat(60) }
const stages: Record<string, () => CodecStage[]> = {
  signed: () => [sign()],
  'compressed and signed': () => [compress(), sign()],
  encrypted: () => [encrypt()],
  'compressed and encrypted': () => [compress(), encrypt()],
  'compressed with zstd and encrypted': () => [compress({ algorithm: 'zstd' }), encrypt()],
}
const fixture = readFileSync(new URL('./fixtures/version-1.json', import.meta.url), 'utf8')
const stored = Object.fromEntries(
  Object.entries(JSON.parse(fixture) as Record<string, string>).map(([name, hex]) => [name, Buffer.from(hex, 'hex')]),
)

describe('fault 41: what version 1 of the format ever wrote sealed', () => {
  it('is all there', () => expect(Object.keys(stored)).toEqual(Object.keys(stages)))

  it.each(Object.keys(stages))('is read: %s', async (name) => {
    const codec = standardCodec(stages[name]?.())
    expect(await codec.decode(stored[name] as Buffer, infoOf().key)).toEqual({ value, about: infoOf() })
  })
})

/** As `docs/format.md` describes it, with nothing of this package. */
describe('docs/format.md', () => {
  const derive = (info: string, length = 32) => Buffer.from(hkdfSync('sha256', keyOf(1), '', `granary ${info}`, length))

  it('tells how an entry is signed', () => {
    const { head, payload } = partsOf(stored.signed as Buffer)
    const signed = Buffer.from(payload)
    expect(signed.subarray(0, 8)).toEqual(derive('key id', 8))
    expect(signed.readUInt32LE(8)).toBe(payload.length - 12 - 32)
    expect(signed.readUInt32LE(12)).toBe(head.length)
    expect(signed.subarray(16, 16 + head.length)).toEqual(Buffer.from(head))
    const code = createHmac('sha256', derive('sign')).update(signed.subarray(0, -32)).digest()
    expect(signed.subarray(-32)).toEqual(code)
  })

  it('tells how names are hidden', () => {
    const hide = (name: string, place: string) => {
      const iv = createHmac('sha256', derive('name iv')).update(`${place};${name}`).digest().subarray(0, 16)
      const text = createCipheriv('aes-256-ctr', derive('name'), iv).update(name)
      return Buffer.concat([iv, text]).toString('base64url')
    }
    const { head } = partsOf(stored.encrypted as Buffer)
    const tag = hide('team', 't')
    const namespace = hide('users', 'n')
    const key = `\u0001${namespace.length}:${namespace};${hide('42', 'k5:users')}`
    expect(head[4]).toBe(1)
    expect(Buffer.from(head.subarray(68)).toString()).toBe(`${key}${String.fromCharCode(tag.length)}\0${tag}`)
  })
})
