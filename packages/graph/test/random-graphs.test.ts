import { expect, it } from 'vitest'
import { abortMany, playMany } from './random-graphs-property.js'

const RUNS = 2_000

it(`G20: in ${RUNS} random graphs with failures, loops and joins, every delivery is accounted for once, whatever finishes first`, {
  timeout: 240_000,
}, async () => {
  const tally = await playMany(RUNS)
  console.log(JSON.stringify(tally))
  expect(tally.played).toBe(RUNS)
  expect(tally.joined).toBeGreaterThan(RUNS / 4)
  expect(tally.failed).toBeGreaterThan(RUNS / 4)
  expect(tally.skipped).toBeGreaterThan(RUNS / 50)
})

it('G20: aborted at any moment, what was begun ends once, no join is made twice, and nothing is begun after it', {
  timeout: 240_000,
}, async () => {
  expect(await abortMany(RUNS / 2)).toBe(RUNS / 2)
})
