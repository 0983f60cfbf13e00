import { expect, it } from 'vitest'
import { readWhileDeleted } from './rigs/news.js'
import { percentile } from './rigs/percentile.js'
import { tempFile } from './support/files.js'

it('what one process deletes, seven others soon read no more from their memory (P5, N2)', async () => {
  const { late, never, idle } = await readWhileDeleted(tempFile(), 15, 'with')
  expect(never).toBe(0)
  expect(percentile(late, 0.5)).toBeLessThan(100 * 5)
  expect(idle).toBeLessThan(0.05)
}, 60_000)

it('without the feed they read it on: the control (P5, N2)', async () => {
  const { never, late } = await readWhileDeleted(tempFile(), 2, 'without')
  expect({ never, late }).toEqual({ never: 14, late: [] })
}, 60_000)
