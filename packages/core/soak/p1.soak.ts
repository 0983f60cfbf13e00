import { expect, it } from 'vitest'
import { searchForViolation } from '../test/p1-model.js'

/** Times the 10,000 of the tests, and five times that: a million with the 20 that `npm run soak` sets. */
const RUNS = Math.ceil(50_000 * Number(process.env.GRANARY_SOAK ?? 1))
const BATCH = 50_000

it(`P1, P3: no value comes back in ${RUNS} scheduled interleavings`, { timeout: 0 }, async () => {
  let reads = 0
  let replayed = 0
  for (let done = 0; done < RUNS; done += BATCH) {
    const seed = (Date.now() ^ done) | 0
    const { found, tally } = await searchForViolation(Math.min(BATCH, RUNS - done), seed)
    reads += tally.reads
    replayed += tally.replayed
    console.log(
      `${done + BATCH} interleavings, seed ${seed}: ${reads} reads, ${replayed} replayed, ${found ?? '0 violations'}`,
    )
    expect(found).toBeUndefined()
  }
})
