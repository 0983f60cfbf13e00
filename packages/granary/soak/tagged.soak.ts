import { expect, it } from 'vitest'
import { judgeTagged } from '../test/rigs/tagged.js'

/** A million with the 20 that `npm run soak` sets. */
const COUNT = Math.ceil(50_000 * Number(process.env.GRANARY_SOAK ?? 1))

it(`B6: one tag on ${COUNT} entries`, { timeout: 0 }, async () => {
  const { invalidatedIn, left, ...served } = await judgeTagged(COUNT)
  console.log(
    `${COUNT} entries: invalidated in ${invalidatedIn.toFixed(2)} ms, ${JSON.stringify(served)}, ${left} of others left`,
  )
  expect(served).toEqual({ servedAfter: 0, servedAfterRestart: 0, servedInTheEnd: 0, servedOfCleared: 0 })
  expect(left).toBe(10_000)
})
