import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { secretOf } from '../src/keys.js'
import { hiddenWith } from '../src/names.js'
import { errorOf, keyOf } from './entries.js'

const names = hiddenWith(secretOf(keyOf(1), 'names'))
const text = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.string({ unit: 'grapheme', minLength: 40, maxLength: 300 }),
  fc.constantFrom('', '\0', ';', '5:users;', '\u0001'),
)

describe('hidden names', () => {
  it('are given back, from text that no store trips over', () =>
    fc.assert(
      fc.property(text, text, (name, place) => {
        const hidden = names.hide(name, place)
        expect(hidden).toMatch(/^[\w-]{22,}$/)
        expect(hiddenWith(secretOf(keyOf(1), 'names')).reveal(hidden, place)).toBe(name)
      }),
    ))

  it('are the same for the same name, and look like nothing else: not at another place, nor with another secret', () => {
    const other = hiddenWith(secretOf(keyOf(2), 'names'))
    const hidden = names.hide('alice', 'k5:users')
    expect(hiddenWith(secretOf(keyOf(1), 'names')).hide('alice', 'k5:users')).toBe(hidden)
    const forms = [hidden, names.hide('alice', 'k'), names.hide('alice', 't'), other.hide('alice', 'k5:users')]
    expect(new Set(forms.map((form) => form.slice(0, 6))).size).toBe(4)
    expect(new Set(forms.map((form) => form.slice(-6))).size).toBe(4)
  })

  it('are as long as the name, and say nothing else of it', () => {
    expect(names.hide('a'.repeat(30), 't')).toHaveLength(62)
    expect(names.hide('a'.repeat(30), 't').slice(0, 20)).not.toBe(names.hide(`${'a'.repeat(29)}b`, 't').slice(0, 20))
  })

  it('that were not made here are refused, whatever they are', async () => {
    const hidden = names.hide('alice', 't')
    const last = hidden.at(-1) === 'A' ? 'B' : 'A'
    const wrong = ['', 'alice', hidden.slice(1), `${hidden}=`, ` ${hidden}`, hidden.slice(0, -1) + last, 'é'.repeat(30)]
    for (const each of wrong) {
      const error = await errorOf(() => names.reveal(each, 't'))
      expect([error.code, error.reason]).toEqual(['CORRUPT', 'unknown-key'])
    }
    expect((await errorOf(() => names.reveal(hidden, 'k'))).reason).toBe('unknown-key')
  })

  it('are found again however many were hidden since', () => {
    const first = names.hide('first', 't')
    for (let i = 0; i < 20_100; i++) names.hide(`${i}`, 't')
    expect(names.hide('first', 't')).toBe(first)
  })
})
