import { expect, it } from 'vitest'
import { fuzzBundles } from '../test/fuzz/bundles.js'
import { fuzz } from '../test/fuzz/fuzz.js'
import { targets } from '../test/fuzz/targets.js'

/** Ten million with the 20 that `npm run soak` sets. */
const INPUTS = Math.ceil(500_000 * Number(process.env.GRANARY_SOAK ?? 1))
const BATCH = 1_000_000

it(`P6, fault 45: ${INPUTS} inputs that were made up are refused, or give a right value`, { timeout: 0 }, () => {
  const start = performance.now()
  const outcomes = new Map<string, number>()
  for (let done = 0; done < INPUTS; done += BATCH) {
    const seed = (Date.now() ^ done) | 0
    const report = fuzz(targets(), Math.min(BATCH, INPUTS - done), seed)
    for (const [outcome, count] of report.outcomes) outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + count)
    const [seconds, slowest] = [(performance.now() - start) / 1_000, report.slowest]
    console.log(
      `${done + report.inputs} inputs, seed ${seed}, ${seconds.toFixed()} s; slowest ${slowest.toFixed(1)} ms`,
    )
    expect(report.finding).toBeUndefined()
  }
  console.log(Object.fromEntries([...outcomes].sort()))
})

/** Thirty thousand, likewise. */
const BUNDLES = Math.ceil(1_500 * Number(process.env.GRANARY_SOAK ?? 1))

it(`N10, fault 45: ${BUNDLES} bundles that were made up give what is intact in them`, { timeout: 0 }, async () => {
  const seed = Date.now() | 0
  const report = await fuzzBundles(BUNDLES, seed)
  console.log(`${report.bundles} bundles, seed ${seed}: ${report.imported} entries`, Object.fromEntries(report.refused))
  expect(report.finding).toBeUndefined()
})
