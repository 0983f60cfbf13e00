import { afterEach, expect } from 'vitest'

/** Fault 6: whatever nobody handled fails the test during which it came up, and any warning of the runtime does too. */
const stray: unknown[] = []

for (const event of ['unhandledRejection', 'uncaughtException', 'warning'])
  process.on(event, (problem: unknown) => void stray.push(problem))

afterEach(async () => {
  // Unhandled rejections are reported after the microtasks of a turn.
  await new Promise((resolve) => setImmediate(resolve))
  await new Promise((resolve) => setImmediate(resolve))
  expect(stray.splice(0), 'fault 6: errors that nobody handled, or warnings').toEqual([])
})
