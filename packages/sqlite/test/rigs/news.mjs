// Reads keys from its own memory, over a file that others share, until they are gone.
import { createCache } from '@granary/core'
import { mapStore } from '@granary/testkit'
import { sqlite } from '../../dist/index.js'
import { pause, say, sharedNow, told } from './lines.mjs'

const [path, feed] = process.argv.slice(2)
const { feed: follow, ...withoutFeed } = sqlite({ path })
const disk = feed === 'with' ? { ...withoutFeed, feed: follow } : withoutFeed
const cache = createCache({ layers: [mapStore(), disk], ttl: '1h' })

/** Until when it still read the old value; `undefined` if it reads it yet, so much later. */
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

for await (const { hold, watch, patience, idle } of told()) {
  if (hold !== undefined) {
    while ((await cache.get(hold)) === undefined) await pause(1)
    say('held')
  } else if (watch !== undefined) {
    say({ last: await lastOldRead(watch, patience) })
  } else {
    const before = process.cpuUsage()
    await pause(idle)
    const { user, system } = process.cpuUsage(before)
    say({ cpuMs: (user + system) / 1_000 })
  }
}
await cache.close()
