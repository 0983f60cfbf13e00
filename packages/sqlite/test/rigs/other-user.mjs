// Computes with a cache over a file that this user may not write, or may read only: other-user.mjs <path> <calls>
import { createCache } from '@granary/core'
import { sqlite } from '../../dist/index.js'

const [path, calls] = process.argv.slice(2)
const cache = createCache({ layers: [sqlite({ path })] })
const events = []
cache.on((event) => event.type === 'failure' && events.push(`${event.operation} ${event.error.code}`))
let computed = 0
let kept = 0
const began = performance.now()
for (let i = 0; i < Number(calls); i++) {
  if ((await cache.getOrCompute(`key ${i}`, () => i)) === i) computed++
  if (await cache.set(`set ${i}`, i)) kept++
}
const perCall = (performance.now() - began) / Number(calls)
const { layers, misses } = await cache.stats()
await cache.close()
process.stdout.write(`${JSON.stringify({ computed, kept, events, failures: layers[0].failures, misses, perCall })}\n`)
