import { createCache } from '@granary/core'
import { sqlite } from '@granary/sqlite'
import type { FigureGroup } from '../figure.js'
import { makeFolder } from '../folder.js'
import { keyOf, profileOf } from '../samples.js'

/** Calls at once. */
const AT_ONCE = 1_000

export interface Delays {
  readonly p99: number
  readonly max: number
}

/** How long the event loop's turns took while `work` ran, in milliseconds, by a timer that wants to fire each millisecond. */
export async function delaysOf(work: () => Promise<unknown>): Promise<Delays> {
  const delays: number[] = []
  let last = performance.now()
  const timer = setInterval(() => {
    const now = performance.now()
    delays.push(now - last)
    last = now
  }, 1)
  await new Promise((resolve) => setTimeout(resolve, 20))
  delays.length = 0
  last = performance.now()
  await work()
  await new Promise((resolve) => setTimeout(resolve, 5))
  clearInterval(timer)
  const sorted = delays.sort((a, b) => a - b)
  return { p99: sorted[Math.floor(sorted.length * 0.99)] ?? 0, max: sorted.at(-1) ?? 0 }
}

async function measure(scale: number): Promise<Record<string, number>> {
  const folder = makeFolder()
  const cache = createCache({ layers: [sqlite({ path: folder.next() })], ttl: '1d' })
  const rounds = Math.max(1, Math.round(40 * scale))
  const count = Math.max(10, Math.round(AT_ONCE * scale))
  const keys = Array.from({ length: count }, (_, i) => keyOf(i))
  const sets = await delaysOf(async () => {
    for (let round = 0; round < rounds; round++) {
      const values = keys.map((_, i) => profileOf(i, round))
      // Making values is not what is measured.
      await new Promise((resolve) => setTimeout(resolve, 2))
      await Promise.all(keys.map((key, i) => cache.set(key, values[i])))
    }
  })
  const hits = await delaysOf(async () => {
    for (let round = 0; round < rounds; round++) await Promise.all(keys.map((key) => cache.get(key)))
  })
  const megabyte = new Uint8Array(1_000_000)
  const large = await delaysOf(async () => {
    for (let i = 0; i < Math.max(4, 64 * scale); i++) {
      await cache.set(`large ${i % 16}`, megabyte)
      await cache.get(`large ${i % 16}`)
    }
  })
  await cache.close()
  folder.remove()
  return {
    'T7-sets-p99': sets.p99,
    'T7-sets-max': sets.max,
    'T7-hits-p99': hits.p99,
    'T7-hits-max': hits.max,
    'T7-1mb-max': large.max,
  }
}

const SETS = '1,000 sets of 1 KB at once, again and again'
const HITS = '1,000 disk hits of 1 KB at once, again and again'

export const eventLoop: FigureGroup = {
  name: 'T7',
  figures: [
    { name: 'T7-sets-p99', id: 'T7', what: `event-loop delay, ${SETS}`, unit: 'ms', target: 15 },
    { name: 'T7-sets-max', id: 'T7', what: `event-loop delay, ${SETS}`, unit: 'ms', target: 50 },
    { name: 'T7-hits-p99', id: 'T7', what: `event-loop delay, ${HITS}`, unit: 'ms', target: 15 },
    { name: 'T7-hits-max', id: 'T7', what: `event-loop delay, ${HITS}`, unit: 'ms', target: 50 },
    {
      name: 'T7-1mb-max',
      id: 'T7',
      what: 'event-loop delay, sets and hits of 1 MB, one by one',
      unit: 'ms',
      target: 50,
    },
  ],
  measure,
}
