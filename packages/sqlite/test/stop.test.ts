import { describe, expect, it } from 'vitest'
import { underStoppedHolder } from './rigs/stop.js'
import { tempFile } from './support/files.js'

const LONGEST_BLOCK = 25

describe('a process that was stopped while it has the lock (fault 30)', () => {
  it('delays writes until it goes on, and reads not at all', async () => {
    const { blocked, reads, misses, acknowledged, answeredAfter, failures } = await underStoppedHolder(
      tempFile(),
      'write',
      700,
    )
    expect(blocked).toBeLessThan(LONGEST_BLOCK * 5)
    expect(reads).toBeGreaterThan(20)
    expect({ misses, failures, acknowledged }).toEqual({ misses: 0, failures: 0, acknowledged: true })
    expect(answeredAfter).toBeGreaterThan(600)
  })

  it('makes a set answer false in the end', async () => {
    const figures = await underStoppedHolder(tempFile(), 'write')
    expect(figures.blocked).toBeLessThan(LONGEST_BLOCK * 5)
    expect(figures).toMatchObject({ acknowledged: false, misses: 0, failures: 1 })
    expect(figures.answeredAfter).toBeGreaterThan(4_500)
  }, 30_000)

  it('makes every read a counted miss if it has all of the file, which opening does not wait for', async () => {
    const figures = await underStoppedHolder(tempFile(), 'everything', 700)
    expect(figures.blocked).toBeLessThan(LONGEST_BLOCK * 5)
    expect(figures.misses).toBe(figures.reads)
    expect(figures.countedMisses).toBe(figures.misses)
    expect(figures.failures).toBeGreaterThan(0)
    expect(figures.recoveredAfter).toBeLessThan(1_000 * 5)
  })
})
