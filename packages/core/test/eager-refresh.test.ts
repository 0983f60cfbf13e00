import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isDue, mayBeDue } from '../src/eager-refresh.js'

const entry = { createdAt: 0, ttlEnd: 1_000, computeMs: 10 }

describe('a part of the TTL', () => {
  it('is due from that part on, whatever the chance', () => {
    expect([isDue(entry, 0.8, 799, 0), isDue(entry, 0.8, 800, 1)]).toEqual([false, true])
    expect(isDue(entry, 1, 999, 0)).toBe(false)
  })

  it('of forever is never due', () => {
    expect(isDue({ ...entry, ttlEnd: Number.POSITIVE_INFINITY }, 0.1, Number.MAX_VALUE, 0)).toBe(false)
    expect(isDue({ ...entry, ttlEnd: Number.POSITIVE_INFINITY }, 1, Number.MAX_VALUE, 0)).toBe(false)
  })
})

describe('chance (XFetch)', () => {
  it('is due with the probability exp(-left / (beta · computeMs)) of the paper', () => {
    for (const [beta, left] of [
      [1, 10],
      [2, 10],
      [1, 40],
    ] as const) {
      const draws = Array.from({ length: 20_000 }, (_, i) => (i + 0.5) / 20_000)
      const due = draws.filter((chance) => isDue(entry, { beta }, 1_000 - left, chance)).length / draws.length
      expect(due).toBeCloseTo(Math.exp(-left / (beta * 10)), 3)
    }
  })

  it('is never due where the cheap test says that it cannot be', () => {
    const property = fc.property(
      fc.double({ min: 2 ** -53, max: 1 }),
      fc.double({ min: 0.1, max: 10 }),
      fc.integer({ min: 0, max: 999 }),
      fc.integer({ min: 0, max: 100 }),
      (chance, beta, now, computeMs) => {
        const aging = { ...entry, computeMs }
        return mayBeDue(aging, { beta }, now) || !isDue(aging, { beta }, now, chance)
      },
    )
    fc.assert(property, { numRuns: 2_000 })
  })
})
