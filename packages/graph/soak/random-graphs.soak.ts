import { expect, it } from 'vitest'
import { abortMany, playMany } from '../test/random-graphs-property.js'

/** Times the 2,000 of the tests: 40,000 with the 20 that `npm run soak` sets. */
const RUNS = Math.ceil(2_000 * Number(process.env.GRANARY_SOAK ?? 1))

it(`G20: in ${RUNS} random graphs every delivery is accounted for once`, { timeout: 0 }, async () => {
  console.log(JSON.stringify(await playMany(RUNS)))
})

it(`G20: in ${RUNS} more, each aborted somewhere, what was begun ends once`, { timeout: 0 }, async () => {
  expect(await abortMany(RUNS)).toBe(RUNS)
})
