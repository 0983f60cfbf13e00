import { expect, it } from 'vitest'
import { searchForBreach } from '../test/freshness-model.js'

/** Times the 20,000 of the tests, and five times that: two million with the 20 that `npm run soak` sets. */
const RUNS = Math.ceil(100_000 * Number(process.env.GRANARY_SOAK ?? 1))
const BATCH = 100_000

it(`B2, B3, B4, P8, P9: what each caller got follows the model in ${RUNS} scheduled interleavings`, {
  timeout: 0,
}, async () => {
  for (let done = 0; done < RUNS; done += BATCH) {
    const seed = (Date.now() ^ done) | 0
    const { found, tally } = await searchForBreach(Math.min(BATCH, RUNS - done), seed)
    console.log(`${done + BATCH} interleavings, seed ${seed}: ${JSON.stringify(tally)}, ${found ?? '0 breaches'}`)
    expect(found).toBeUndefined()
  }
})
