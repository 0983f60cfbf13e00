import { expect, it } from 'vitest'
import { crowd, MOST_ENTRIES } from '../test/rigs/crowd.js'
import { SOAK, tempFile } from '../test/support/files.js'

const SECONDS = 3 * SOAK

it(`P6, faults 29, 31, 40: ten processes on one file for ${SECONDS} s`, { timeout: 0 }, async () => {
  const figures = await crowd(tempFile(), SECONDS * 1_000)
  const { sets, acknowledged, reads, hits, deletes, invalidations, wal } = figures
  console.log('P6, faults 29, 31, 40', {
    ...figures,
    acknowledged: `${((100 * acknowledged) / sets).toFixed(2)}%`,
    hitRate: `${((100 * hits) / reads).toFixed(1)}%`,
    opsPerSecond: Math.round((sets + reads + deletes + invalidations) / SECONDS),
    walMb: (wal / 1e6).toFixed(1),
  })
  expect(figures).toMatchObject({ wrong: 0, integrity: 'ok' })
  expect(acknowledged).toBeGreaterThanOrEqual(sets * 0.95)
  expect(wal).toBeLessThan(64e6)
  expect(figures.entries).toBeLessThanOrEqual(MOST_ENTRIES)
})
