// Asks for a key that nobody has, at the same moment as others, and says when it computed it and when it had it.
import { createCache, layer } from '@granary/core'
import { redis } from '../../dist/index.js'
import { pause, say, sharedNow, told } from './lines.mjs'

const [url, life, computing] = process.argv.slice(2)
const cache = createCache({ layers: [layer(redis({ url, timeout: '5s' }), { lease: Number(life) })], ttl: '1h' })
// Connected, and warm.
await cache.getOrCompute(`warm up ${process.pid}`, async () => 1)
await pause(200)
say('ready')

for await (const { key } of told()) {
  const value = await cache.getOrCompute(key, async () => {
    say({ computes: process.pid, at: sharedNow() })
    await pause(Number(computing))
    return { by: process.pid, at: sharedNow() }
  })
  say({ has: value, at: sharedNow() })
}
await cache.close()
