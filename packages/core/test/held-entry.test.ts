import { describe, expect, it } from 'vitest'
import { entryOf } from '../../testkit/src/index.js'
import { answer, hold, type Shape, valueIn } from '../src/held-entry.js'
import { granaryError } from './expectations.js'

const facts = entryOf(undefined, { tags: ['t'] })

/** Programs have numbers in an array, stores have text. */
const text: Shape = {
  toStored: (value) => (value as number[]).join(),
  fromStored: (stored) => (typeof stored === 'string' ? stored.split(',').map(Number) : undefined),
}

describe('an entry', () => {
  it('gives all readers one value, and one promise, where it can be shared', () => {
    const value = { a: [1] }
    const held = hold(value, facts, 1, 'frozen')
    expect(valueIn(held)).toBe(value)
    expect(answer(held)).toBe(answer(held))
  })

  it('fault 21: gives each reader a copy of what can be changed', async () => {
    const held = hold({ at: new Date(0) }, facts, 1, 'frozen')
    const [one, other] = [await answer(held), await answer(held)] as { at: Date }[]
    one?.at.setTime(5)
    expect(other?.at).toEqual(new Date(0))
    expect(valueIn(held)).toEqual({ at: new Date(0) })
  })

  it('refuses what cannot be protected, unless values are shared', () => {
    const value = new (class Money {})()
    expect(() => hold(value, facts, 1, 'frozen')).toThrow(granaryError('UNSUPPORTED_VALUE'))
    expect(valueIn(hold(value, facts, 1, 'shared'))).toBe(value)
  })

  it('gives the form that is asked for', () => {
    const held = hold([1, 2], facts, 1, 'frozen', text)
    expect(valueIn(held, text)).toEqual([1, 2])
    expect(valueIn(held)).toBe('1,2')
    const stored = hold('3,4', facts, 1, 'frozen')
    expect(valueIn(stored, text)).toEqual([3, 4])
    expect(valueIn(hold(7, facts, 1, 'frozen'), text)).toBeUndefined()
  })

  it('has the metadata that it was given, and its own position', () => {
    expect(hold(1, facts, 5, 'frozen')).toMatchObject({ tags: ['t'], createdAt: 1, since: 5 })
  })
})
