import { expect, it } from 'vitest'
import { crowd, MOST_ENTRIES } from './rigs/crowd.js'
import { tempFile } from './support/files.js'

it('ten processes on one file, each evicting: sets are kept, values are right, the WAL is short (P6, faults 29, 31, 40)', async () => {
  const figures = await crowd(tempFile(), 2_000)
  expect(figures).toMatchObject({ wrong: 0, integrity: 'ok' })
  expect(figures.acknowledged).toBeGreaterThanOrEqual(figures.sets * 0.95)
  expect(figures.hits).toBeGreaterThan(100)
  expect(figures.wal).toBeLessThan(64e6)
  expect(figures.entries).toBeLessThanOrEqual(MOST_ENTRIES)
}, 60_000)
