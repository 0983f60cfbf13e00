import { expect, it } from 'vitest'
import { askForColdKeys, killLeaders } from './rigs/cold-key.js'
import { percentile } from './rigs/percentile.js'
import { tempFile } from './support/files.js'

it('of eight processes that miss a key, one computes it (P8)', async () => {
  const { computations, waited } = await askForColdKeys(tempFile(), 10)
  expect(computations).toBeLessThanOrEqual(12)
  expect(waited.length).toBeGreaterThanOrEqual(10 * 7 - 2)
  expect(percentile(waited, 0.5)).toBeLessThan(25 * 5)
}, 60_000)

it('when the one is killed with -9, the next begins as soon as its lease has ended (P8)', async () => {
  const { computations, late } = await killLeaders(tempFile(), 2)
  expect(computations).toBeLessThanOrEqual(5)
  expect(late.length).toBeGreaterThanOrEqual(2)
  for (const ms of late) expect(ms).toBeLessThan(50 * 5)
}, 60_000)
