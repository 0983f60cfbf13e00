import { expect, it } from 'vitest'
import { flipBits } from '../test/rigs/flips.js'
import { SOAK } from '../test/support/files.js'

/** 100,000 with the 20 that `npm run soak` sets. */
const FLIPS = 5_000 * SOAK

it(`fault 36: ${FLIPS} bits flipped in the file and its WAL`, { timeout: 0 }, async () => {
  const began = performance.now()
  const figures = await flipBits(FLIPS)
  console.log('fault 36', { ...figures, seconds: Math.round((performance.now() - began) / 1_000) })
  expect(figures).toMatchObject({ wrong: 0, broken: 0, silent: 0, countedMisses: figures.misses })
})
