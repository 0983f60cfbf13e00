import { dirname } from 'node:path'
import { describe, expect, it } from 'vitest'
import { fillDisk } from './rigs/full-disk.js'
import { canMount } from './rigs/mounts.js'
import { tempFile } from './support/files.js'

describe.skipIf(!canMount())('a full disk (P7, fault 34)', () => {
  it('makes writes counted refusals while reads go on, and is forgotten when there is room', async () => {
    const figures = await fillDisk(dirname(tempFile()), '8m', 2_000)
    expect(figures).toMatchObject({ setWhenBorn: false, computed: 'value', computedWhenFull: 200, integrity: 'ok' })
    expect(figures.bornFailures).toBeGreaterThan(0)
    expect(figures.accepted).toBeGreaterThan(20)
    expect(figures.refusals).toEqual({ failed: figures.refused })
    expect(figures.failures).toBeGreaterThanOrEqual(figures.refused)
    expect(figures.events.length).toBeLessThan(20)
    expect(figures.hitsWhenFull).toBe(figures.accepted)
    expect(figures.bornAgainAfter).toBeLessThan(1_000 * 5)
    expect(figures.recoveredAfter).toBeLessThan(1_000 * 5)
    expect({ hits: figures.hitsAfter, reopened: figures.hitsReopened }).toEqual({
      hits: figures.kept,
      reopened: figures.kept,
    })
  }, 60_000)

  it('does not bring back what was deleted meanwhile (P3)', async () => {
    const { deletedIsGone, deletedStaysGone } = await fillDisk(dirname(tempFile()), '8m', 20_000)
    expect({ deletedIsGone, deletedStaysGone }).toEqual({ deletedIsGone: true, deletedStaysGone: true })
  }, 60_000)
})
