import { expect, it } from 'vitest'
import { physicalKey } from '../src/index.js'
import { Namespaces } from '../src/scope.js'

it('gives the physical form of a key, also of many keys again and again', () => {
  const scopes = new Namespaces(1)
  const scope = scopes.below(scopes.root, '1:a')
  for (let round = 0; round < 2; round++)
    for (let i = 0; i < 25_000; i++) expect(scope.physical(`k${i}`)).toBe(physicalKey('1:a', `k${i}`))
})

it('is one for each path, so that all views of a namespace count together', () => {
  const scopes = new Namespaces(1)
  const a = scopes.below(scopes.root, '1:a')
  expect(scopes.below(scopes.root, '1:a')).toBe(a)
  expect(scopes.below(a, '1:a1:b').counters.parent).toBe(a.counters)
  expect(a.counters.parent).toBe(scopes.root.counters)
})

it('fault 20: forgets namespaces beyond 10,000, whose counts then begin anew', () => {
  const scopes = new Namespaces(1)
  const first = scopes.below(scopes.root, '5:first')
  for (let i = 0; i < 10_000; i++) scopes.below(scopes.root, `${`${i}`.length}:${i}`)
  expect(scopes.below(scopes.root, '5:first')).not.toBe(first)
})
