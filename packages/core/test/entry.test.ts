import fc from 'fast-check'
import { expect, it } from 'vitest'
import { entryOf } from '../../testkit/src/index.js'
import { lifeOf } from '../src/index.js'

const entry = entryOf(1, { createdAt: 0, freshUntil: 100, staleUntil: 200 })

it.each([
  [99, 'fresh'],
  [100, 'stale'],
  [199, 'stale'],
  [200, 'expired'],
  [Number.MAX_SAFE_INTEGER, 'expired'],
] as const)('P9: at %d an entry that is fresh until 100 and stale until 200 is %s', (now, life) => {
  expect(lifeOf(entry, now)).toBe(life)
})

it('P9: without a grace an entry is never stale', () => {
  fc.assert(
    fc.property(fc.nat(), fc.nat(), (end, now) => {
      const life = lifeOf(entryOf(1, { freshUntil: end, staleUntil: end }), now)
      return life === (now < end ? 'fresh' : 'expired')
    }),
  )
})

it('fault 23: an entry of infinite life is always fresh', () => {
  expect(lifeOf(entryOf(1), Number.MAX_VALUE)).toBe('fresh')
})
