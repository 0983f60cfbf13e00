import { compress } from '@granary/compression'
import { createCache } from '@granary/core'
import { sqlite } from '@granary/sqlite'
import type { FigureGroup } from '../figure.js'
import { makeFolder } from '../folder.js'
import { median } from '../measure.js'
import { profileOf } from '../samples.js'
import { delaysOf } from './event-loop.js'

const MB = 1024 ** 2
const SAMPLES = 5

/** Text-like bytes, which compress to about a third. */
function bytesOf(length: number): Uint8Array {
  const page = Buffer.from(JSON.stringify(Array.from({ length: 1_000 }, (_, i) => profileOf(i))))
  const bytes = new Uint8Array(length)
  for (let at = 0; at < length; at += page.length) bytes.set(page.subarray(0, Math.min(page.length, length - at)), at)
  return bytes
}

async function measure(scale: number): Promise<Record<string, number>> {
  const folder = makeFolder()
  const store = sqlite({ path: folder.next(), maxBytes: '4gb', codec: [compress()] })
  const cache = createCache({ layers: [store], ttl: '1d' })
  const figures: Record<string, number> = {}
  const samples = Math.max(1, Math.round(SAMPLES * scale))
  for (const megabytes of [16, 64]) {
    const value = bytesOf(Math.round(megabytes * MB * Math.min(1, scale * 4)))
    const stalls: number[] = []
    let most = 0
    for (let i = 0; i < samples; i++) {
      globalThis.gc?.()
      const before = process.memoryUsage().rss
      const { max } = await delaysOf(async () => {
        await cache.set(`bytes ${i}`, value)
        most = Math.max(most, process.memoryUsage().rss - before)
        await cache.get(`bytes ${i}`)
        most = Math.max(most, process.memoryUsage().rss - before)
      })
      stalls.push(max)
    }
    figures[`T11-${megabytes}mb-stall`] = median(stalls)
    figures[`T11-${megabytes}mb-memory`] = most / value.length
  }
  await cache.close()
  folder.remove()
  return figures
}

export const largeValues: FigureGroup = {
  name: 'T11',
  figures: [16, 64].flatMap((megabytes) => [
    {
      name: `T11-${megabytes}mb-stall`,
      id: 'T11',
      what: `event-loop delay at most, ${megabytes} MB of bytes set and read, compressed, on disk`,
      unit: 'ms',
      target: 50,
    },
    {
      name: `T11-${megabytes}mb-memory`,
      id: 'T11',
      what: `memory beyond the value meanwhile, as a multiple of it, ${megabytes} MB`,
      unit: '×',
      target: 3,
    },
  ]),
  measure,
}
