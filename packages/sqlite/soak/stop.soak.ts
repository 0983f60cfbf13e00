import { expect, it } from 'vitest'
import { type Held, type StopFigures, underStoppedHolder } from '../test/rigs/stop.js'
import { SOAK, tempFile } from '../test/support/files.js'

const ROUNDS = Math.ceil(SOAK / 10)

it.each<Held>(['write', 'everything'])(
  'fault 30: a stopped process has the lock of %s',
  { timeout: 0 },
  async (held) => {
    for (let round = 0; round < ROUNDS; round++) {
      const figures: StopFigures = await underStoppedHolder(tempFile(), held)
      console.log('fault 30', held, figures)
      expect(figures.acknowledged).toBe(false)
      expect(figures.blocked).toBeLessThan(25 * 5)
      expect(figures.countedMisses).toBe(figures.misses)
    }
  },
)
