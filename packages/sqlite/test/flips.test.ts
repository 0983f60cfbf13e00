import { expect, it } from 'vitest'
import { flipBits } from './rigs/flips.js'

it('flipped bits of the file and its WAL never give a wrong value, and every read that they spoil is counted (P6, fault 36)', async () => {
  const figures = await flipBits(2_000)
  expect(figures).toMatchObject({ wrong: 0, broken: 0, silent: 0, countedMisses: figures.misses })
  expect(figures.setAside).toBeGreaterThan(0)
}, 60_000)
