import { expect, it } from 'vitest'
import { writeUnderReader } from './rigs/wal.js'
import { tempFile } from './support/files.js'

it('the WAL stays below 64 MB however long another process reads, and reads go on (fault 31)', async () => {
  const figures = await writeUnderReader(tempFile(), 200_000, 2_000)
  expect(figures.walBytes).toBeLessThan(64 * 2 ** 20)
  expect(figures.acknowledged).toBeGreaterThan(100)
  expect(figures.hits).toBe(figures.reads)
  expect(figures.recoveredAfter).toBeLessThan(1_000 * 5)
}, 60_000)
