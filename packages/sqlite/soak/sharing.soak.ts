import { expect, it } from 'vitest'
import { share } from '../test/rigs/sharing.js'
import { SOAK, tempFile } from '../test/support/files.js'

const SETS = 500 * SOAK

it(`faults 29 and 39: two forks, two worker threads and this thread set ${SETS} values each`, {
  timeout: 0,
}, async () => {
  const began = performance.now()
  const figures = await share(tempFile(), SETS)
  console.log('faults 29, 39', { ...figures, seconds: Math.round((performance.now() - began) / 1_000) })
  expect(figures).toEqual({ acknowledged: 5 * SETS, failures: 0, found: 5 * SETS, integrity: 'ok' })
})
