import { expect, it } from 'vitest'
import { invalidateWhileComputing } from '../test/rigs/fence.js'
import { SOAK, tempFile } from '../test/support/files.js'

const SECONDS = 1.5 * SOAK

it(`P2: eight processes on one file for ${SECONDS} s, and for 2 s without the fence`, { timeout: 0 }, async () => {
  const figures = await invalidateWhileComputing(tempFile(), SECONDS * 1_000, 'fenced')
  const control = await invalidateWhileComputing(tempFile(), 2_000, 'unfenced')
  console.log('P2, fault 16', figures, 'unfenced', control)
  expect(figures).toMatchObject({ resurrected: 0, back: 0 })
  expect(control.resurrected).toBeGreaterThan(0)
})
