import { expect, it } from 'vitest'
import { storm } from '../test/storm.js'

/** Times the 3 of the tests. */
const STORMS = Math.ceil(3 * Number(process.env.GRANARY_SOAK ?? 1))

it(`100 equal streams, 50 of them aborted at random, ${STORMS} times: 1 request, 50 identical transcripts each`, {
  timeout: 0,
}, async () => {
  for (let i = 0; i < STORMS; i++) {
    const seed = (Date.now() ^ i) | 0
    const { aborted: _, ...outcome } = await storm(seed)
    expect({ seed, ...outcome }).toEqual({ seed, requests: 1, transcripts: 50, different: 1, isComplete: true })
  }
})
