// One of a crowd on one file: reads, sets, deletes and invalidates as fast as it can, and judges all that it reads.
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { crc32 } from 'node:zlib'
import { createCache } from '@granary/core'
import { sqlite } from '../../dist/index.js'
import { say } from './lines.mjs'

const [path, ms, limit] = process.argv.slice(2)
const KEYS = Number(limit) * 3
const ABREAST = 16

const cache = createCache({ layers: [sqlite({ path, maxEntries: Number(limit) })], ttl: '1h' })
const counts = { sets: 0, acknowledged: 0, reads: 0, hits: 0, wrong: 0, deletes: 0, invalidations: 0, failures: 0 }
cache.on((event) => {
  if (event.type !== 'failure') return
  counts.failures++
  process.stderr.write(`${event.operation}: ${event.error}\n`)
})

function entryFor(key, number) {
  const body = `${key}:${number}:`.repeat(1 + (number % 97))
  return { key, body, sum: crc32(body) }
}

const isRight = (value, key) => value.key === key && value.sum === crc32(value.body) && value.body.startsWith(`${key}:`)

async function operate(number) {
  const key = `key ${Math.floor(Math.random() ** 2 * KEYS)}`
  const which = Math.random()
  if (which < 0.55) {
    counts.reads++
    const value = await cache.get(key)
    if (value === undefined) return
    counts.hits++
    if (!isRight(value, key)) counts.wrong++
  } else if (which < 0.95) {
    counts.sets++
    if (await cache.set(key, entryFor(key, number), { tags: [`tag ${number % 50}`] })) counts.acknowledged++
  } else if (which < 0.99) {
    counts.deletes++
    await cache.delete(key)
  } else {
    counts.invalidations++
    await cache.invalidateTags([`tag ${number % 50}`])
  }
}

await cache.get('open')
const delay = monitorEventLoopDelay({ resolution: 1 })
delay.enable()
const end = performance.now() + Number(ms)
for (let number = 0; performance.now() < end; number += ABREAST) {
  await Promise.all(Array.from({ length: ABREAST }, (_, each) => operate(number + each)))
}
delay.disable()
await cache.close()
say({ ...counts, p99: delay.percentile(99) / 1e6, max: delay.max / 1e6 })
