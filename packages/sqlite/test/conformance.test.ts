import { storeSuite } from '@granary/testkit'
import Database from 'better-sqlite3'
import { describe, it } from 'vitest'
import { sqlite } from '../src/index.js'
import { tempFile } from './support/files.js'

const paths = new WeakMap<object, string>()

function open(path: string) {
  const store = sqlite({ path, maxBytes: '1mb' })
  paths.set(store, path)
  return store
}

storeSuite({ describe, it }, 'sqlite', {
  create: () => open(tempFile()),
  async reopen(store) {
    await store.close?.()
    return open(paths.get(store) as string)
  },
  beside: (store) => open(paths.get(store) as string),
  corrupt(store, key) {
    const db = new Database(paths.get(store) as string)
    db.prepare("UPDATE entry SET payload = x'00' WHERE name = ?").run(key)
    db.close()
  },
  unstorable: new Uint8Array(2_000_000),
  offers: ['getMany', 'invalidate', 'entries', 'prune', 'evict', 'stats', 'feed', 'lease', 'observe', 'close'],
})
