// Reads keys from its own memory, over a server that others share, until they are gone.
import { createCache } from '@granary/core'
import { mapStore } from '@granary/testkit'
import { redis } from '../../dist/index.js'
import { pause, say, sharedNow, told } from './lines.mjs'

const [url, feed] = process.argv.slice(2)
const { feed: follow, ...withoutFeed } = redis({ url, timeout: '5s' })
const cache = createCache({
  layers: [mapStore(), feed === 'with' ? { ...withoutFeed, feed: follow } : withoutFeed],
  ttl: '1h',
})
await cache.get('warm')
say('ready')

/** Until when it still read the old value; nothing if it reads it yet, so much later. */
async function lastOldRead(key, patience) {
  const began = sharedNow()
  let last = began
  while ((await cache.get(key)) !== undefined) {
    last = sharedNow()
    if (last > began + patience) return undefined
    await pause(1)
  }
  return last
}

for await (const { hold, watch, patience } of told()) {
  if (hold === undefined) say({ last: await lastOldRead(watch, patience) })
  else {
    while ((await cache.get(hold)) === undefined) await pause(1)
    say('held')
  }
}
await cache.close()
