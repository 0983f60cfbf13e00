import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, it } from 'vitest'
import { memory } from '../../memory/src/index.js'
import { createCache } from '../src/index.js'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

function heap(): number {
  collect()
  collect()
  return process.memoryUsage().heapUsed
}

it('fault 20: a million keys through a bounded cache leave the heap, the runs under way and the marks as they were', {
  timeout: 120_000,
}, async () => {
  const cache = createCache({ layers: [memory({ maxEntries: 1_000 })] })
  const space = cache.namespace('space')
  const visit = async (from: number, to: number) => {
    for (let i = from; i < to; i++) {
      await space.getOrCompute(`key ${i}`, () => ({ i }), { tags: [`tag ${i % 50_000}`] })
      if (i % 10 === 0) await space.delete(`key ${i}`)
      if (i % 10 === 1) await space.invalidateTags([`tag ${i % 50_000}`])
      if (i % 10 === 2)
        await space.getOrCompute(`failing ${i}`, () => Promise.reject(new Error('as planned'))).catch(() => {})
      if (i % 100 === 3)
        await space
          .getOrCompute(`aborted ${i}`, () => new Promise(() => {}), { signal: AbortSignal.abort() })
          .catch(() => {})
    }
  }

  await visit(0, 200_000)
  const before = { heap: heap(), marks: (await cache.stats()).marks }
  await visit(200_000, 1_200_000)
  const after = await cache.stats()

  expect(heap()).toBeLessThan(before.heap * 1.05)
  expect(after.inFlight).toBe(0)
  expect(after.marks).toBeLessThanOrEqual(10_000)
  expect(after.layers[0]?.entries).toBeLessThanOrEqual(1_000)
  await cache.close()
})
