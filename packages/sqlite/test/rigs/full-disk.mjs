// Fills the file system that a directory is on, and makes room again: full-disk.mjs <directory> <value size> <reads>
// It prints what it saw as JSON.
import { closeSync, ftruncateSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { createCache } from '@granary/core'
import { sqlite } from '../../dist/index.js'

const [directory, size, reads] = process.argv.slice(2)
const path = join(directory, 'granary.db')
const ballast = join(directory, 'ballast')

/** Fills up what is free but for so many bytes. */
function fill(left) {
  const file = openSync(ballast, 'w')
  const { bavail, bsize } = statfsSync(directory)
  try {
    for (let free = bavail * bsize - left; free > 0; free -= 65_536)
      writeSync(file, Buffer.alloc(Math.min(free, 65_536), 1))
  } catch {
    // Full.
  }
  return file
}

const failures = []
const open = () => {
  const cache = createCache({ layers: [sqlite({ path })], ttl: 'forever' })
  cache.on((event) => event.type === 'failure' && failures.push(event.operation))
  return cache
}
const written = (i) => ({ i, text: `${i} `.repeat(Number(size) / 5) })
const keep = new Map()
const hits = async (cache) => {
  let found = 0
  for (const [key, i] of keep) if ((await cache.get(key))?.text === written(i).text) found++
  return found
}

// A disk that is full when the file is to be made.
closeSync(fill(0))
const early = open()
const setWhenBorn = await early.set('early', 1)
const computed = await early.getOrCompute('computed', () => 'value')
const bornFailures = (await early.stats()).layers[0].failures
failures.length = 0
const room = openSync(ballast, 'r+')
ftruncateSync(room, 4_000_000)
closeSync(room)
let bornAgainAfter = performance.now()
while (!(await early.set('early', 1))) await new Promise((resolve) => setTimeout(resolve, 20))
bornAgainAfter = performance.now() - bornAgainAfter
await early.close()

// One that fills up.
const cache = open()
let refused = 0
let accepted = 0
for (let i = 0; refused < 50; i++) {
  if (await cache.set(`key ${i}`, written(i))) {
    accepted++
    keep.set(`key ${i}`, i)
  } else refused++
}
const { refusals, layers } = await cache.stats()
const hitsWhenFull = await hits(cache)
let [computedWhenFull, began] = [0, performance.now()]
for (let i = 0; i < Number(reads); i++) if ((await cache.getOrCompute(`none ${i}`, () => i)) === i) computedWhenFull++
const perCompute = (performance.now() - began) / Number(reads)
const [deleted] = [...keep.keys()]
const answer = await cache.delete(deleted).catch((error) => error.message)
keep.delete(deleted)
const deletedIsGone = (await cache.get(deleted)) === undefined

// And has room again.
rmSync(ballast)
began = performance.now()
while (!(await cache.set('after', 'room'))) await new Promise((resolve) => setTimeout(resolve, 20))
const recoveredAfter = performance.now() - began
const hitsAfter = await hits(cache)
const deletedStaysGone = (await cache.get(deleted)) === undefined
await cache.close()

const { default: Database } = await import('better-sqlite3')
const db = new Database(path)
const integrity = db.pragma('integrity_check', { simple: true })
db.close()
const again = open()
const hitsReopened = await hits(again)
await again.close()

process.stdout.write(
  `${JSON.stringify({
    ...{
      setWhenBorn,
      computed,
      bornFailures,
      bornAgainAfter,
      accepted,
      refused,
      refusals,
      failures: layers[0].failures,
      events: failures,
    },
    ...{ kept: keep.size, hitsWhenFull, computedWhenFull, perCompute, answer, deletedIsGone },
    ...{ recoveredAfter, hitsAfter, deletedStaysGone, hitsReopened, integrity },
  })}\n`,
)
