import { expect, it } from 'vitest'
import { judgeTagged } from './rigs/tagged.js'

const COUNT = 20_000

it(`B6: one tag on ${COUNT} entries of memory and SQLite is invalidated in one step, and none comes back, after restarts too`, {
  timeout: 120_000,
}, async () => {
  const { invalidatedIn, left, ...served } = await judgeTagged(COUNT)
  expect(served).toEqual({ servedAfter: 0, servedAfterRestart: 0, servedInTheEnd: 0, servedOfCleared: 0 })
  expect(left).toBe(10_000)
  expect(invalidatedIn).toBeLessThan(250)
})
