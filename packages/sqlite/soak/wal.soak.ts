import { expect, it } from 'vitest'
import { writeUnderReader } from '../test/rigs/wal.js'
import { SOAK, tempFile } from '../test/support/files.js'

it.each([1_000, 200_000, 1_000_000])(
  'fault 31: another process reads while values of %d bytes are set',
  { timeout: 0 },
  async (bytes) => {
    const figures = await writeUnderReader(tempFile(), bytes, 250 * SOAK)
    console.log('fault 31', bytes, figures)
    expect(figures.walBytes).toBeLessThan(64 * 2 ** 20)
    expect(figures.hits).toBe(figures.reads)
  },
)
