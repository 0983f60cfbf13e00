import { expect, it } from 'vitest'
import { invalidateWhileComputing } from './rigs/fence.js'
import { tempFile } from './support/files.js'

it('what was invalidated by one process, others do not bring back (P2, fault 16)', async () => {
  const figures = await invalidateWhileComputing(tempFile(), 1_500, 'fenced')
  expect(figures).toMatchObject({ resurrected: 0, back: 0 })
  expect(figures.hits).toBeGreaterThan(100)
  expect(figures.invalidations).toBeGreaterThan(50)
}, 60_000)

it('without the fence they would: the control (P2, fault 16)', async () => {
  const { resurrected } = await invalidateWhileComputing(tempFile(), 1_500, 'unfenced')
  expect(resurrected).toBeGreaterThan(0)
}, 60_000)
