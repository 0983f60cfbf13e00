// A worker thread that asks for the squares of 40 numbers, and says how many of them it computed.
import { parentPort, workerData } from 'node:worker_threads'
import { cached, openCache } from '../dist/index.js'

const cache = openCache(workerData)
let computed = 0
const square = cached(
  async (n) => {
    computed++
    await new Promise((resolve) => setTimeout(resolve, 2))
    return n * n
  },
  { name: 'square', cache },
)
const squares = await Promise.all(Array.from({ length: 40 }, (_, n) => square(n)))
await cache.close()
parentPort.postMessage({ computed, squares })
