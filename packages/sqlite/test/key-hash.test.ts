import { createHash } from 'node:crypto'
import { namespacePath } from '@granary/core'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { createScopes, hash53, keyHash, namespaceScope, tagScope } from '../src/key-hash.js'

it('a hash is 53 bits of the SHA-256 of the UTF-8', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const digest = createHash('sha256').update(text).digest()
      expect(hash53(text)).toBe(Number((digest.readBigUInt64BE() >> 8n) & ((1n << 53n) - 1n)))
      expect(Number.isSafeInteger(hash53(text))).toBe(true)
    }),
  )
})

it('a key with a lone surrogate is refused', () => {
  expect(() => keyHash('a\ud800')).toThrow(expect.objectContaining({ code: 'INVALID_KEY' }))
})

it('the scopes of an entry are its namespaces, outermost first, and its tags; the root is in none', () => {
  const scopesOf = createScopes()
  const outer = namespacePath('', 'a')
  const inner = namespacePath(outer, 'b')
  expect(scopesOf('', [])).toBe(null)
  for (let i = 0; i < 2; i++) {
    expect(JSON.parse(scopesOf(inner, ['t', 'n']) ?? '')).toEqual([
      ...[namespaceScope(outer), namespaceScope(inner), tagScope('t'), tagScope('n')],
    ])
  }
  expect(new Set([namespaceScope('t'), tagScope('t'), namespaceScope(''), tagScope('')]).size).toBe(4)
})
