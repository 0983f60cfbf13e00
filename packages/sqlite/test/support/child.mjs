// A process of its own over one file: child.mjs <what> <path>
import { createRequire } from 'node:module'
import { sqlite } from '../../dist/index.js'

const [what, path] = process.argv.slice(2)

const entryOf = (value, info) => ({
  ...{ value, namespace: '', tags: [], createdAt: Date.now(), freshUntil: Infinity, staleUntil: Infinity },
  ...{ computeMs: 0, cost: 0, since: 0, ...info },
})

const roles = {
  /** Sets one key after the other, and says which were acknowledged, until it is killed. */
  async write(store) {
    for (let i = 0; ; i += 8) {
      const keys = Array.from({ length: 1 + (i % 16) }, (_, j) => `key ${(i + j) % 5_000}`)
      const value = `${process.pid}:${Date.now()}:${'x'.repeat(i % 2_000)}`
      const outcomes = await Promise.all(keys.map((key) => store.set(key, entryOf(value))))
      if (outcomes.some(({ stored }) => !stored)) throw new Error('a set was refused')
      process.stdout.write(`${JSON.stringify([keys, value])}\n`)
    }
  },
  /** Ends without close. */
  exit(store) {
    for (let i = 0; i < 1_000; i++) void store.set(`key ${i}`, entryOf(i))
    process.exit(0)
  },
  /** Sets and invalidates, as long as nobody says stop. */
  async contend(store) {
    for (let i = 0; i < 400; i++) {
      const outcome = await store.set(`key ${i % 50}`, entryOf(i, { tags: ['t'] }))
      if (!outcome.stored) throw new Error(`refused: ${outcome.reason}`)
      if (i % 20 === 0) await store.invalidate([{ tag: 't' }])
      await store.get(`key ${(i * 7) % 50}`)
    }
    await store.close()
  },
  /** Holds the write lock for as long as the line that it is given says. */
  async hold() {
    const Database = createRequire(import.meta.url)('better-sqlite3')
    const db = new Database(path)
    db.exec('BEGIN IMMEDIATE')
    process.stdout.write('held\n')
    const [ms] = await new Promise((resolve) => process.stdin.once('data', (data) => resolve([Number(data)])))
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
    db.exec('COMMIT')
    db.close()
  },
}

const store = sqlite({ path })
store.observe(({ operation, error }) => {
  throw new Error(`${operation} failed`, { cause: error })
})
await roles[what](store)
