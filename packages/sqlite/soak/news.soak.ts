import { expect, it } from 'vitest'
import { readWhileDeleted } from '../test/rigs/news.js'
import { percentile, spread } from '../test/rigs/percentile.js'
import { SOAK, tempFile } from '../test/support/files.js'

const ROUNDS = 50 * SOAK

it(`P5, N2: a delete in one process, read by seven others, ${ROUNDS} times`, { timeout: 0 }, async () => {
  const { late, never, idle } = await readWhileDeleted(tempFile(), ROUNDS, 'with')
  console.log(
    `P5, N2: until the last old read ${spread(late)}, of ${late.length}; idle ${(idle * 100).toFixed(2)}% of a core`,
  )
  const control = await readWhileDeleted(tempFile(), 10, 'without')
  console.log(`P5, N2: without the feed ${control.never} of 70 read the old value a second later`)
  expect(never).toBe(0)
  expect(percentile(late, 0.99)).toBeLessThan(100 * 5)
  expect(control.never).toBe(70)
})
