import { setTimeout as wait } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { startLoad, untilHit } from '../test/rigs/load.ts'
import { spread } from '../test/rigs/percentile.ts'
import { startServer } from '../test/rigs/server.ts'

const SOAK = Number(process.env.GRANARY_SOAK ?? 1)
const CALLERS = 1_000
const ROUNDS = Math.ceil(2.5 * SOAK)

/** Takes the server away under load, again and again, and checks each answer against what was written last. */
for (const way of ['killed', 'frozen'] as const) {
  it(`the server is ${way} under ${CALLERS} callers`, { timeout: 0 }, async () => {
    const server = await startServer()
    const load = startLoad({ url: server.url }, CALLERS)
    await untilHit(load, 10_000)
    await wait(500)
    load.took.length = 0
    await wait(1_000)
    const usual = spread(load.took)
    const [away, back]: [number[], number[]] = [[], []]
    let fewest = Number.POSITIVE_INFINITY
    for (let round = 0; round < ROUNDS; round++) {
      fewest = Math.min(fewest, load.underWay())
      load.took.length = 0
      if (way === 'killed') await server.kill()
      else server.freeze()
      await wait(700)
      away.push(...load.took)
      if (way === 'killed') await server.restart()
      else server.thaw()
      back.push(await untilHit(load, 20_000))
      await wait(300)
    }
    await load.stop()
    await server.stop()
    const { calls, failed, wrong } = load.done
    console.log(
      `${way} ${ROUNDS} times, ${fewest} or more of ${CALLERS} calls under way: ${calls} calls, ${failed} failed, ${wrong} wrong`,
    )
    console.log(
      `${way}: calls took ${usual} before, ${spread(away)} in the 700 ms after; back in use after ${spread(back)}`,
    )
    expect({ failed, wrong }).toEqual({ failed: 0, wrong: 0 })
  })
}
