// Callers of one stream that come and go at random.
import { createCache, type Store } from '@granary/core'
import { memory } from '@granary/memory'
import { mapStore } from '@granary/testkit'
import { cachedFetch, callInfoOf } from '../src/index.js'
import { ScriptedServer } from '../src/testing/index.js'

/** The same numbers each time. */
function seeded(seed: number) {
  let state = seed
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31
    return state / 2 ** 31
  }
}

/** A layer that answers later, as a disk does. */
function slow(): Store {
  const store = mapStore()
  return {
    ...store,
    local: false,
    get: async (key) => {
      await new Promise((resolve) => setImmediate(resolve))
      return store.get(key)
    },
  }
}

const turn = () => new Promise((resolve) => setImmediate(resolve))
const CALLERS = 100
const LEAVING = 50

/** What became of 100 equal streams of which 50 were left at random. */
export async function storm(seed: number) {
  const random = seeded(seed)
  await using server = await ScriptedServer.start()
  const fetch = cachedFetch({ cache: createCache({ layers: [memory(), slow()] }) })
  const text = Array.from({ length: 200 }, (_, i) => `word${i}`).join(' ')
  // Callers come and go while events are under way.
  server.always({ text, before: async () => void (await turn()) })
  const body = JSON.stringify({ model: 'gpt-5', messages: [], stream: true })
  const ask = (init: RequestInit = {}) => fetch(`${server.url}/v1/chat/completions`, { ...init, method: 'POST', body })
  const pause = async () => {
    for (let turns = Math.floor(random() * 60); turns > 0; turns--) await turn()
  }
  const numbers = Array.from({ length: CALLERS }, (_, i) => i)
  const leaving = new Set(numbers.toSorted(() => random() - 0.5).slice(0, LEAVING))
  const outcomes = await Promise.allSettled(
    numbers.map(async (i) => {
      if (i > 0) await pause()
      const controller = new AbortController()
      const reading = (await ask({ signal: controller.signal })).text()
      if (!leaving.has(i)) return reading
      reading.catch(() => {})
      await pause()
      controller.abort(new Error('left'))
      return reading
    }),
  )
  const kept = outcomes.flatMap((outcome, i) => (leaving.has(i) ? [] : [outcome]))
  const texts = new Set(kept.map((outcome) => (outcome.status === 'fulfilled' ? outcome.value : outcome)))
  const again = await ask()
  const stored = await again.text()
  return {
    requests: server.count,
    transcripts: kept.filter(({ status }) => status === 'fulfilled').length,
    different: texts.size,
    aborted: outcomes.filter(({ status }, i) => leaving.has(i) && status === 'rejected').length,
    /** Is what was stored whole, and what the callers got? */
    isComplete: callInfoOf(again)?.cached === true && texts.has(stored) && stored.includes('[DONE]'),
  }
}
