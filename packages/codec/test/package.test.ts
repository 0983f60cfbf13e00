import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { standardCodec } from '../dist/index.js'
import { infoOf } from './envelopes.js'

const dist = join(import.meta.dirname, '..', 'dist')
const built = readdirSync(dist).map((file) => [file, readFileSync(join(dist, file), 'utf8')] as const)
const code = built.filter(([file]) => file.endsWith('.js') || file.endsWith('.d.ts'))

it('is built without a need for msgpackr, in code or types', () => {
  for (const [file, text] of code) expect(text, file).not.toMatch(/(from|import|require)\s*\(?\s*['"]msgpackr/)
})

it('fault 45: is built without a way to make code from strings', () => {
  for (const [file, text] of code) expect(text, file).not.toMatch(/\bnew Function\b|\beval\(/)
})

it('carries the licence of what is built in', () => {
  const licence = built.find(([file]) => file === 'msgpackr.LICENSE.txt')?.[1]
  expect(licence).toMatch(/MIT License[\s\S]*Copyright/)
})

it('writes and reads as its source does', async () => {
  const value = { a: [1, -0, 2n ** 70n, new Date(1), new Map([[1, new Set(['\ufeff'])]])], b: new Float32Array(2) }
  const codec = standardCodec()
  expect(await codec.decode(await codec.encode(value, infoOf()), infoOf().key)).toEqual({ value, about: infoOf() })
  expect(() => codec.encode({ a: /x/ }, infoOf())).toThrow('value.a is an instance of RegExp')
})
