import { dirname } from 'node:path'
import { expect, it } from 'vitest'
import { fillDisk } from '../test/rigs/full-disk.js'
import { canMount } from '../test/rigs/mounts.js'
import { SOAK, tempFile } from '../test/support/files.js'

const ROUNDS = SOAK

it.skipIf(!canMount())(`fault 34: ${ROUNDS} disks that fill up`, { timeout: 0 }, async () => {
  let [accepted, refused, lost, slowest] = [0, 0, 0, 0]
  for (let round = 0; round < ROUNDS; round++) {
    const figures = await fillDisk(dirname(tempFile()), `${6 + (round % 20)}m`, 50 * 2 ** (round % 10))
    accepted += figures.accepted
    refused += figures.refused
    lost += figures.accepted - figures.hitsWhenFull + (figures.kept - figures.hitsReopened)
    slowest = Math.max(slowest, figures.recoveredAfter, figures.bornAgainAfter)
    expect(figures).toMatchObject({ setWhenBorn: false, computedWhenFull: 200, integrity: 'ok' })
    expect(figures).toMatchObject({ deletedIsGone: true, deletedStaysGone: true })
  }
  console.log('fault 34', { rounds: ROUNDS, accepted, refused, lost, slowestRecovery: slowest })
  expect(lost).toBe(0)
})
