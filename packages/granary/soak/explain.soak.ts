import { expect, it } from 'vitest'
import { askBlindly } from '../test/rigs/blind-explain.js'

const TIMES = 1_000
/** A thousand questions about each of these caches: twenty of them with the 20 that `npm run soak` sets. */
const CACHES = Math.ceil(Number(process.env.GRANARY_SOAK ?? 1))

const STACKS = [
  { over: 'memory over disk', onDisk: true },
  { over: 'memory alone', onDisk: false },
]

it.each(STACKS)(`N1: explains blind ${TIMES * CACHES} times, $over`, { timeout: 0 }, async ({ onDisk }) => {
  for (let done = 0; done < CACHES; done++) {
    const seed = (Date.now() ^ done) | 0
    const { right, unknown, wrong, byCause } = await askBlindly(TIMES, seed, undefined, onDisk)
    console.log(`seed ${seed}: ${right} right, ${unknown} unknown, ${wrong.length} wrong`, byCause)
    expect(wrong).toEqual([])
  }
})
