import assert from 'node:assert/strict'
import type { Entry } from '@granary/core'
import { namespacePath, physicalKey } from '@granary/core'
import { entryFor, type Group, put, type Subject } from './case.js'

/** Set with this metadata, an entry comes back with it. */
async function comesBack({ store }: Subject, info: Partial<Entry>, key = 'k'): Promise<void> {
  await put(store, key, 1, info)
  const entry = await store.get(key)
  assert.ok(entry !== undefined, 'a miss')
  const { value: _, since: __, ...expected } = entryFor(key, 1, info)
  for (const [name, value] of Object.entries(expected))
    assert.deepEqual(entry[name as keyof Entry], value, `${name} did not come back`)
}

export const metadata: Group = {
  name: 'metadata',
  cases: [
    {
      rule: 'times come back to the millisecond',
      check: (subject) => {
        const now = Math.floor(subject.clock.now())
        const times = { createdAt: now - 1, freshUntil: now + 3_600_001, staleUntil: now + 2 ** 40 + 3 }
        return comesBack(subject, times)
      },
    },
    {
      rule: 'forever is Infinity, and comes back as such',
      check: (subject) =>
        comesBack(subject, { freshUntil: Number.POSITIVE_INFINITY, staleUntil: Number.POSITIVE_INFINITY }),
    },
    {
      rule: 'fresh for a time and stale forever comes back',
      check: (subject) =>
        comesBack(subject, {
          freshUntil: Math.floor(subject.clock.now()) + 1_000,
          staleUntil: Number.POSITIVE_INFINITY,
        }),
    },
    {
      rule: 'tags come back in their order, whatever is in them',
      check: (subject) =>
        comesBack(subject, { tags: ['b', 'a', 'with, comma', '"quoted"', 'new\nline', '*', '👩‍🚀', 'b:c'] }),
    },
    {
      rule: 'the namespace comes back',
      check: (subject) => {
        const namespace = namespacePath(namespacePath('', 'a:b'), '1;c')
        return comesBack(subject, { namespace }, physicalKey(namespace, 'k'))
      },
    },
    {
      rule: 'compute time and cost come back, fractions too',
      check: (subject) => comesBack(subject, { computeMs: 1234.5, cost: 0.0125 }),
    },
    {
      rule: 'a store without a history keeps the since that the entry came with',
      needs: ['no history'],
      async check({ store }) {
        await put(store, 'k', 1, { since: 1_764_000_000_123_456 })
        assert.equal((await store.get('k'))?.since, 1_764_000_000_123_456)
      },
    },
    {
      rule: 'a store without a history leaves look.at alone',
      needs: ['no history'],
      async check({ store }) {
        await put(store, 'k', 1)
        for (const key of ['k', 'a miss']) {
          const look = {}
          await store.get(key, look)
          assert.deepEqual(look, {})
        }
      },
    },
  ],
}
