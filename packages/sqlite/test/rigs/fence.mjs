// Computes, reads and invalidates versions of keys that others change too, and judges all that it is given.
import { closeSync, openSync, readSync, writeSync } from 'node:fs'
import { createCache } from '@granary/core'
import { sqlite } from '../../dist/index.js'
import { pause, say } from './lines.mjs'

const [path, truthPath, ms, role, fenced] = process.argv.slice(2)
const KEYS = 8
const SLOT = 8
const { set, ...disk } = sqlite({ path })
// The control keeps what was computed whatever happened meanwhile.
const store = { ...disk, set: fenced === 'fenced' ? set : (key, entry) => set(key, entry) }
const cache = createCache({ layers: [store], ttl: '1h' })
const counts = { reads: 0, hits: 0, invalidations: 0, resurrected: 0, back: 0 }

// Two numbers a key, in a file that all share: the version that is true, and the one whose invalidation has ended.
const truth = openSync(truthPath, 'r+')
const bytes = Buffer.alloc(SLOT)
const numberAt = (key, which) => {
  readSync(truth, bytes, 0, SLOT, (key * 2 + which) * SLOT)
  return Number(bytes.readBigUInt64LE())
}
const putAt = (key, which, number) => {
  const written = Buffer.alloc(SLOT)
  written.writeBigUInt64LE(BigInt(number))
  writeSync(truth, written, 0, SLOT, (key * 2 + which) * SLOT)
}

/** One key after the other: a caller that joins a computation of its own process is another story. */
async function read(seen) {
  const key = Math.floor(Math.random() * KEYS)
  const ended = numberAt(key, 1)
  let computed = false
  const version = await cache.getOrCompute(
    `key ${key}`,
    async () => {
      computed = true
      const now = numberAt(key, 0)
      await pause(Math.random() * 8)
      return now
    },
    { tags: [`tag ${key}`] },
  )
  counts.reads++
  if (!computed) counts.hits++
  if (version < ended) counts.resurrected++
  else if (version < (seen.get(key) ?? 0)) counts.back++
  seen.set(key, Math.max(version, seen.get(key) ?? 0))
}

/** Only one process changes a key's version. */
async function invalidate(keys) {
  const key = keys[Math.floor(Math.random() * keys.length)]
  const next = numberAt(key, 0) + 1
  putAt(key, 0, next)
  if (Math.random() < 0.5) await cache.delete(`key ${key}`)
  else await cache.invalidateTags([`tag ${key}`])
  putAt(key, 1, next)
  counts.invalidations++
  await pause(Math.random() * 4)
}

const seen = new Map()
const keys = Array.from({ length: KEYS }, (_, key) => key).filter((key) => key % 2 === Number(role))
const end = performance.now() + Number(ms)
while (performance.now() < end) {
  if (role === 'read') await read(seen)
  else await invalidate(keys)
}
await cache.close()
closeSync(truth)
say(counts)
