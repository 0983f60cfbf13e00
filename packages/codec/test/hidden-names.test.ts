import { namespacePath, physicalKey } from '@granary/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { hiddenNames } from '../src/hidden-names.js'
import { plainConcealment } from './concealment.js'
import { codeOf } from './envelopes.js'

const names = hiddenNames(plainConcealment)
const text = fc.oneof(fc.string({ unit: 'grapheme' }), fc.constantFrom('\u0001', '\u0001;', '\u000101:a;b', ';', ''))
const path = fc
  .array(fc.string({ unit: 'grapheme', minLength: 1 }), { maxLength: 4 })
  .map((list) => list.reduce(namespacePath, ''))

describe('hidden names', () => {
  it('are given back: keys of every namespace, also such as core does not make, namespaces, tags', () =>
    fc.assert(
      fc.property(path, text, (namespace, name) => {
        for (const key of [physicalKey(namespace, name), name]) expect(names.revealKey(names.key(key))).toBe(key)
        expect(names.revealNamespace(names.namespace(namespace))).toBe(namespace)
        expect(names.revealTag(names.tag(name))).toBe(name)
      }),
    ))

  it('keep what is below a namespace below it, and the root the root', () => {
    const [a, ab] = [namespacePath('', 'a'), namespacePath(namespacePath('', 'a'), 'b')]
    expect(names.namespace('')).toBe('')
    expect(names.namespace(ab).startsWith(names.namespace(a))).toBe(true)
    expect(names.key(physicalKey(ab, 'key')).startsWith(`\u0001${names.namespace(ab)};`)).toBe(true)
  })

  it('are asked for with their place, so that equal names in different places need not look alike', () => {
    const [a, b] = [namespacePath('', 'same'), namespacePath(namespacePath('', 'same'), 'same')]
    const hidden = [
      names.tag('same'),
      names.key('same'),
      names.key(physicalKey(a, 'same')),
      names.namespace(a),
      names.namespace(b).slice(names.namespace(a).length),
    ]
    expect(new Set(hidden.map((each) => each.slice(-60))).size).toBe(5)
  })

  it('are refused with a lone surrogate: two of them would look alike', async () => {
    for (const hide of [names.key, names.tag]) expect(await codeOf(() => hide('\ud800'))).toBe('INVALID_KEY')
  })
})
