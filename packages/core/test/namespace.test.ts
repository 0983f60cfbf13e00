import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { namespaceLineage, namespaceNames, namespacePath, parsePhysicalKey, physicalKey } from '../src/index.js'
import { checkKey, checkName } from '../src/namespace.js'
import { granaryError } from './expectations.js'

/** Text made of what the encoding itself uses, so that a weakness is found soon, and any other text. */
const name = fc.oneof(
  fc.string({ unit: fc.constantFrom('a', '1', ':', ';', '\u0001', '0', '\u0000'), minLength: 1, maxLength: 6 }),
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 8 }),
)
const key = fc.oneof(name, fc.constant(''), fc.string({ unit: 'binary', maxLength: 20 }))
const names = fc.array(name, { maxLength: 4 })
const pathOf = (parts: readonly string[]) => parts.reduce(namespacePath, '')

/** A string that ends a search in it which does not end by itself. */
class Steps extends String {
  #steps = 0

  override indexOf(text: string, position?: number): number {
    this.#steps += 1
    if (this.#steps > 1_000) throw new Error('does not end')
    return super.indexOf(text, position)
  }
}

describe('physical keys', () => {
  it('fault 13: no two pairs of a namespace and a key share one', () => {
    fc.assert(
      fc.property(names, key, names, key, (a, k, b, l) => {
        const same = JSON.stringify([a, k]) === JSON.stringify([b, l])
        expect(physicalKey(pathOf(a), k) === physicalKey(pathOf(b), l)).toBe(same)
      }),
      { numRuns: 2_000 },
    )
  })

  it('fault 13: namespace a with key b:k is not namespace a:b with key k', () => {
    const keys = [
      physicalKey(pathOf(['a']), 'b:k'),
      physicalKey(pathOf(['a:b']), 'k'),
      physicalKey(pathOf(['a', 'b']), 'k'),
      physicalKey('', 'a:b:k'),
      physicalKey('', physicalKey(pathOf(['a']), 'b:k')),
      physicalKey('', '\u0001;k'),
      physicalKey('', 'k'),
    ]
    expect(new Set(keys).size).toBe(keys.length)
  })

  it('give back their namespace and key', () => {
    fc.assert(
      fc.property(names, key, (parts, k) => {
        const namespace = pathOf(parts)
        expect(parsePhysicalKey(physicalKey(namespace, k))).toEqual({ namespace, key: k })
      }),
      { numRuns: 2_000 },
    )
  })

  it('of the root are the keys themselves, so that a user finds them in a store', () => {
    expect(physicalKey('', 'user:7')).toBe('user:7')
    expect(physicalKey('', '')).toBe('')
  })

  it.each(['\u0001', '\u0001x', '\u00012:a', '\u000199:a;k'])(
    'fault 44: %j, which is none, is taken as a key of the root',
    (physical) => expect(parsePhysicalKey(physical)).toEqual({ namespace: '', key: physical }),
  )

  it.each(['\u0001x:y', '\u00011;:', '\u0001-2:a', '\u0001-3:;'])(
    'fault 44: %j, as a damaged or foreign store may list it, is taken as a key of the root',
    (physical) => {
      expect(parsePhysicalKey(new Steps(physical) as unknown as string).namespace).toBe('')
    },
  )
})

describe('namespace paths', () => {
  it('are pinned: a change of their form is noticed, since stores keep them', () => {
    expect(pathOf(['cat', 'a'])).toBe('3:cat1:a')
    expect(physicalKey('3:cat1:a', 'k')).toBe('\u00013:cat1:a;k')
  })

  it('give back their names, outermost first', () => {
    fc.assert(
      fc.property(names, (parts) => {
        expect(namespaceNames(pathOf(parts))).toEqual(parts)
      }),
    )
  })

  it('fault 12: one begins with another only if it is below it', () => {
    fc.assert(
      fc.property(names, names, (a, b) => {
        const below = a.length <= b.length && a.every((part, i) => part === b[i])
        expect(pathOf(b).startsWith(pathOf(a))).toBe(below)
      }),
      { numRuns: 2_000 },
    )
  })

  it.each(['-3:', '-4:a', 'x', '1', ':'])('fault 44: %j, which is none, has an end', (path) => {
    expect(namespaceNames(new Steps(path) as unknown as string).length).toBeLessThan(10)
  })

  it('know the namespaces that contain them, but for the root, and themselves', () => {
    expect(namespaceLineage('')).toEqual([])
    expect(namespaceLineage(pathOf(['a', 'b:', 'c']))).toEqual(['1:a', '1:a2:b:', '1:a2:b:1:c'])
  })
})

describe('names', () => {
  it.each(['a', '*', 'te*', 'a:b', '\u0000', '\n', '👩‍🚀', 'x'.repeat(1_024)])('may be %j', (good) => {
    expect(() => checkName(good, 'tag')).not.toThrow()
  })

  it.each([
    ['', 'an empty one'],
    ['x'.repeat(1_025), 'one of 1025 characters'],
    ['\ud800', 'one of 1 characters'],
    [undefined, 'a value of type undefined'],
    [null, 'null'],
    [7, 'a value of type number'],
  ])('fault 44: may not be %j', (bad, described) => {
    expect(() => checkName(bad, 'tag')).toThrow(
      granaryError('INVALID_KEY', `^a tag is a well-formed string of 1 to 1024 characters, not ${described}$`),
    )
    expect(() => namespacePath('', bad as string)).toThrow(granaryError('INVALID_KEY', /^a namespace is/))
  })

  it('fault 46: are not shown in the message', () => {
    const secret = `canary-${'x'.repeat(2_000)}`
    expect(() => checkName(secret, 'tag')).toThrow(expect.not.objectContaining({ message: /canary/ }))
  })
})

describe('keys', () => {
  it.each(['', 'k', 'x'.repeat(65_536), '\u0000', 'a\nb', '👩‍🚀', '../../etc/passwd', "'; DROP TABLE entry"])(
    'may be any well-formed text: %j',
    (good) => expect(() => checkKey(good)).not.toThrow(),
  )

  it.each([
    [undefined, /not a value of type undefined/],
    [null, /not null/],
    [7, /not a value of type number/],
    [{ path: 'canary' }, /not a value of type object: for other inputs use cached\(\) or a worker/],
    ['\udc00a', /lone surrogate/],
    ['x'.repeat(65_537), /65537 characters .* hash it first/],
  ])('fault 44: may not be %j', (bad, message) => {
    expect(() => checkKey(bad)).toThrow(granaryError('INVALID_KEY', message))
  })
})
