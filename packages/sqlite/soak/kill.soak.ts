import { expect, it } from 'vitest'
import { killWriters } from '../test/rigs/kill.js'
import { SOAK, tempFile } from '../test/support/files.js'

/** 300 with the 20 that `npm run soak` sets. */
const KILLS = 15 * SOAK

it(`fault 33: ${KILLS} writers killed, three at a time`, { timeout: 0 }, async () => {
  const began = performance.now()
  const figures = await killWriters(tempFile(), KILLS)
  console.log('fault 33', { ...figures, seconds: Math.round((performance.now() - began) / 1_000) })
  expect(figures).toMatchObject({ lost: 0, torn: 0, failures: 0, integrity: 'ok' })
})
