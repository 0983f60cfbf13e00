// A process of its own over one file: child.mjs <what> <path>
import { entryOf } from '@granary/testkit'
import { sqlite } from '../../dist/index.js'

const [what, path] = process.argv.slice(2)

const roles = {
  /** Sets so much that it has to be moved out of the WAL, and neither closes nor exits. */
  async fill(store) {
    for (let i = 0; i < 10_000; i += 500) {
      await Promise.all(Array.from({ length: 500 }, (_, j) => store.set(`key ${i + j}`, entryOf('x'.repeat(1_000)))))
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
}

const store = sqlite({ path })
store.observe(({ operation, error }) => {
  throw new Error(`${operation} failed`, { cause: error })
})
await roles[what](store)
