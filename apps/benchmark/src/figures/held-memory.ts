import { createCache } from '@granary/core'
import { memory } from '@granary/memory'
import type { FigureGroup } from '../figure.js'

const ENTRIES = 1_000_000

function heapUsed(): number {
  globalThis.gc?.()
  globalThis.gc?.()
  return process.memoryUsage().heapUsed
}

/** What entries take beyond their keys and values: a Map of the same is subtracted. */
async function measure(scale: number): Promise<Record<string, number>> {
  const entries = Math.round(ENTRIES * scale)
  const keys = Array.from({ length: entries }, (_, i) => `key:${i}`)
  const entryOf = (i: number) => ({ id: i, text: 'a value' })
  const empty = heapUsed()
  let map: Map<string, unknown> | undefined = new Map(keys.map((key, i) => [key, Object.freeze(entryOf(i))]))
  const alone = heapUsed() - empty - mapOverhead(map)
  map = undefined
  const before = heapUsed()
  const cache = createCache({ layers: [memory({ maxEntries: entries, maxBytes: '16gb' })], ttl: '1d' })
  for (const [i, key] of keys.entries()) await cache.set(key, entryOf(i))
  const held = heapUsed() - before
  if ((await cache.get(keys.at(-1) as string)) === undefined) throw new Error('not all were kept')
  await cache.close()
  return { 'T9-memory': (held - alone) / entries }
}

/** What the Map itself takes: measured with values that take nothing. */
function mapOverhead(map: Map<string, unknown>): number {
  const before = heapUsed()
  const same = new Map(Array.from(map.keys(), (key) => [key, 0]))
  const after = heapUsed()
  return same.size === 0 ? 0 : after - before
}

export const heldMemory: FigureGroup = {
  name: 'T9',
  figures: [
    {
      name: 'T9-memory',
      id: 'T9',
      what: 'memory held for an entry beyond its value, at 10⁶ entries',
      unit: 'bytes',
      target: 300,
    },
  ],
  measure,
}
