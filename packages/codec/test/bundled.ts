import { type Entry, namespacePath, physicalKey } from '@granary/core'
import { entryOf, FakeClock } from '@granary/testkit'

/** When the bundles among the fixtures were written. */
export const CLOCK: FakeClock = new FakeClock(Date.UTC(2026, 0, 1))

/** What is in the bundles among the fixtures. */
export function bundledRows(): Map<string, Entry> {
  const users = namespacePath('', 'users')
  const made = { createdAt: CLOCK.now(), namespace: users }
  return new Map<string, Entry>([
    ['root', entryOf('a value', { createdAt: CLOCK.now(), tags: ['team', 'other'] })],
    [
      physicalKey(users, '42'),
      entryOf({ name: 'Ada', n: -0 }, { ...made, freshUntil: CLOCK.now() + 3_600_000, cost: 2 }),
    ],
    [physicalKey(users, 'bytes'), entryOf(new Uint8Array([0, 1, 254, 255]), { ...made, computeMs: 12.5 })],
  ])
}
