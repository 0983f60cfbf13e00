import { type Cache, createCache } from '@granary/core'
import { sqlite } from '@granary/sqlite'
import type { FigureGroup } from '../figure.js'
import { makeFolder } from '../folder.js'
import { median } from '../measure.js'
import { keyOf, profileOf } from '../samples.js'

const SMALL = 10_000
const HOT = 1_000
const SAMPLES = 5
const VALUES = Array.from({ length: 256 }, (_, i) => profileOf(i))

interface Costs {
  readonly uniform: number
  readonly hot: number
  readonly one: number
  readonly bulk: number
}

/** Fills a file up to so many entries, and measures what single operations cost in it, in µs. */
async function grownTo(cache: Cache, from: number, to: number, scale: number): Promise<Costs> {
  for (let at = from; at < to; at += 1_000) {
    const items = Array.from({ length: Math.min(1_000, to - at) }, (_, i) => {
      return [keyOf(at + i), VALUES[(at + i) % VALUES.length]] as const
    })
    await cache.setMany(items)
  }
  const reads = Math.round(4_000 * scale)
  const sets = Math.round(2_000 * scale)
  const any = () => keyOf(Math.floor(Math.random() * to))
  const hot = () => keyOf(Math.floor(Math.random() * HOT))
  let next = to
  const fresh = () => keyOf(10 ** 9 + next++)
  const get = async (key: () => string) => {
    for (let i = 0; i < reads; i++) await cache.get(key())
  }
  await get(hot)
  return {
    uniform: await timeOf(reads, () => get(any)),
    hot: await timeOf(reads, () => get(hot)),
    one: await timeOf(sets, async () => {
      for (let i = 0; i < sets; i++) await cache.set(fresh(), VALUES[i % VALUES.length])
    }),
    bulk: await timeOf(sets, async () => {
      for (let at = 0; at < sets; at += 500)
        await Promise.all(Array.from({ length: 500 }, (_, i) => cache.set(fresh(), VALUES[(at + i) % VALUES.length])))
    }),
  }
}

async function timeOf(operations: number, work: () => Promise<void>): Promise<number> {
  const times: number[] = []
  for (let i = 0; i < SAMPLES; i++) {
    const began = performance.now()
    await work()
    times.push(performance.now() - began)
  }
  return (median(times) * 1_000) / operations
}

function growth(name: string, large: number): FigureGroup {
  const what = (operation: string) =>
    `${operation}: its time in a file of ${large.toExponential(0)} entries over one of 1e+4`
  const prefix = `${name}-`
  return {
    name,
    isLarge: large > 1_000_000,
    figures: [
      { name: `${prefix}uniform`, id: 'T8', what: what('hit, any key'), unit: '×', target: 3 },
      { name: `${prefix}hot`, id: 'T8', what: what('hit, 1,000 hot keys'), unit: '×', target: 1.5 },
      { name: `${prefix}set`, id: 'T8', what: what('set, one by one'), unit: '×', target: 2 },
      { name: `${prefix}bulk`, id: 'T8', what: what('set, 500 at once'), unit: '×', target: 5 },
    ],
    async measure(scale) {
      const folder = makeFolder()
      const cache = createCache({ layers: [sqlite({ path: folder.next(), maxBytes: '64gb' })], ttl: 'forever' })
      const small = await grownTo(cache, 0, Math.round(SMALL * scale), scale)
      const grown = await grownTo(cache, Math.round(SMALL * scale), Math.round(large * scale), scale)
      await cache.close()
      folder.remove()
      return {
        [`${prefix}uniform`]: grown.uniform / small.uniform,
        [`${prefix}hot`]: grown.hot / small.hot,
        [`${prefix}set`]: grown.one / small.one,
        [`${prefix}bulk`]: grown.bulk / small.bulk,
      }
    },
  }
}

export const growths: readonly FigureGroup[] = [growth('T8-1e6', 1_000_000), growth('T8-1e7', 10_000_000)]
