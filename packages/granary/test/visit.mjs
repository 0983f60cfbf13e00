// Opens the cache of a folder as another process would, reads one key, writes another, and leaves in the way asked for.
import { openCache } from 'granary'

const [folder, leave] = process.argv.slice(2)
const cache = openCache(folder)
console.log(JSON.stringify({ greeting: await cache.get('greeting') }))
const stored = await cache.set('answer', { from: 'the other process' })
if (leave === 'close') await cache.close()
if (leave === 'exit') process.exit(stored ? 0 : 1)
