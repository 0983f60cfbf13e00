import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Buckets } from '../src/buckets.js'

const one = new Buckets('granary:', '', false)
const many = new Buckets('granary:', '', true)

describe('Buckets', () => {
  it('spreads the buckets of a Cluster evenly over its slots, whichever nodes serve them (fault 8)', () => {
    const slots = many.all.map(({ slot }) => slot)
    expect(slots).toEqual([...slots].sort((a, b) => a - b))
    expect(slots.map((slot) => Math.floor(slot / (16_384 / 64)))).toEqual(Array.from({ length: 64 }, (_, i) => i))
  })

  it('spreads keys evenly over the buckets', () => {
    const counts = new Map<number, number>()
    for (let i = 0; i < 64_000; i++) {
      const { index } = many.of(`product:${i}`)
      counts.set(index, (counts.get(index) ?? 0) + 1)
    }
    expect(Math.min(...counts.values())).toBeGreaterThan(1_000 * 0.7)
    expect(Math.max(...counts.values())).toBeLessThan(1_000 * 1.3)
  })

  it('needs one bucket where a server stands alone', () => {
    expect(one.all.length).toBe(1)
  })

  it('gives every key a name of its own, which is no name of anything else (fault 13)', () => {
    for (const buckets of [one, many])
      fc.assert(
        fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (a, b) => {
          const names = [buckets.of(a).entry(a), buckets.of(b).entry(b)]
          expect(new Set(names).size).toBe(a === b ? 1 : 2)
          const { clock, keyMarks, scopeMarks } = buckets.of(a)
          const others = [buckets.of(a).lease(a), buckets.of(a).lease(b), clock, keyMarks, scopeMarks]
          for (const name of names) expect(others).not.toContain(name)
        }),
      )
  })

  it('groups what is asked for by bucket, each with its place', () => {
    const keys = Array.from({ length: 200 }, (_, i) => `key ${i}`)
    const groups = many.group(keys, (key) => key)
    for (const [bucket, items] of groups)
      for (const { item, at } of items) expect([many.of(item), keys[at]]).toEqual([bucket, item])
    expect([...groups.values()].flat().length).toBe(200)
  })
})
