import { expect, it } from 'vitest'
import { askForColdKeys, killLeaders } from '../test/rigs/cold-key.js'
import { spread } from '../test/rigs/percentile.js'
import { SOAK, tempFile } from '../test/support/files.js'

const ROUNDS = 100 * Math.ceil(SOAK / 20)
const KILLS = 20 * Math.ceil(SOAK / 20)

it(`P8: eight processes, one cold key, ${ROUNDS} rounds; then ${KILLS} leaders killed`, { timeout: 0 }, async () => {
  const { computations, waited } = await askForColdKeys(tempFile(), ROUNDS)
  console.log(`P8: ${(computations / ROUNDS).toFixed(2)} computations a round; computed → waiter ${spread(waited)}`)
  const killed = await killLeaders(tempFile(), KILLS)
  console.log(
    `P8: leader killed: ${killed.computations} computations for ${KILLS} keys; end of the lease → next ${spread(killed.late)}`,
  )
  expect(computations).toBeLessThanOrEqual(ROUNDS * 1.1)
  expect(killed.computations).toBeLessThanOrEqual(2 * KILLS * 1.1)
})
