import assert from 'node:assert/strict'
import type { Lease, LeaseRequest, Mark, News, Store } from '@granary/core'
import { namespacePath, physicalKey } from '@granary/core'
import { type Case, entryFor, type Group, holds, lookAt, mark, put, type Subject } from './case.js'

const LONGEST_WAIT = 2_000
const namespace = namespacePath('', 'n')
const key = physicalKey(namespace, 'k')

/** What another user does, and the mark that it is told as. */
const changes: Record<string, { readonly told: Mark; do(other: Store<unknown>): Promise<unknown> }> = {
  'a delete': { told: { key }, do: async (other) => other.delete(key) },
  'an invalidated tag': { told: { tag: 't' }, do: (other) => mark(other, { tag: 't' }) },
  'an invalidated namespace': { told: { namespace }, do: (other) => mark(other, { namespace }) },
  'a clear': { told: { namespace: '' }, do: async (other) => other.clear() },
  'an explicit set of a key that was there': { told: { key }, do: (other) => put(other, key, 'theirs') },
}

const told = Object.entries(changes).map(
  ([what, { told, do: change }]): Case => ({
    rule: `the feed tells of ${what} by another user of the store`,
    async check(subject) {
      const { store, other } = await two(subject)
      await put(store, key, 'ours', { tags: ['t'] })
      await store.get(key)
      const news = follow(store)
      await change(other)
      await news.until((all) => all.some((one) => one === 'gap' || one.some((each) => isSame(each, told))))
    },
  }),
)

/** Two users of one store at the same time, as two processes are. */
export const agreement: Group = {
  name: 'agreement of those who share a store',
  needs: ['beside'],
  cases: [
    ...told.map((one): Case => ({ ...one, needs: ['feed'] })),
    {
      rule: 'the feed tells all that came between two looks, or of a gap',
      needs: ['feed'],
      async check(subject) {
        const { store, other } = await two(subject)
        await store.get(key)
        const news = follow(store)
        for (let i = 0; i < 100; i++) await other.delete(`k${i}`)
        await news.until((all) => {
          const keys = new Set(all.flatMap((one) => (one === 'gap' ? [] : one.flatMap((each) => keyOf(each)))))
          return all.includes('gap') || Array.from({ length: 100 }, (_, i) => `k${i}`).every((each) => keys.has(each))
        })
      },
    },
    {
      rule: 'nothing is told after the feed was closed',
      needs: ['feed'],
      async check(subject) {
        const { store, other } = await two(subject)
        await store.get(key)
        const closed = follow(store)
        const open = follow(store)
        closed.close()
        await other.delete(key)
        await open.until((all) => all.length > 0)
        closed.poll()
        assert.deepEqual(closed.told, [])
      },
    },
    {
      rule: 'a lease is given to one; who waits for it is told to read again when it is released, behind what was set before',
      needs: ['lease'],
      async check(subject) {
        const { store, other } = await two(subject)
        const lease = await ask(store)
        assert.ok(lease, 'a free lease was not given')
        const waiting = ask(other)
        assert.equal(await Promise.race([waiting.then(() => 'given'), pause(50)]), undefined, 'two have the lease')
        const storing = store.set(key, entryFor(key, 'computed'))
        await lease.release()
        assert.equal(await waiting, undefined, 'who waited was given the lease, and not told to read')
        await holds(other, key, 'computed')
        assert.deepEqual(await storing, { stored: true })
      },
    },
    {
      rule: 'no lease is given for a key that was stored since it was read',
      needs: ['lease', 'history'],
      async check(subject) {
        const { store, other } = await two(subject)
        const since = await lookAt(store, key)
        await put(other, key, 'theirs')
        assert.equal(await ask(store, { since }), undefined, 'the lease was given')
        assert.ok(await ask(store, { since: await lookAt(store, key) }), 'it is not given to who has read it')
      },
    },
    {
      rule: 'a lease that is not renewed lapses, and its holder learns that it was lost',
      needs: ['lease'],
      async check(subject) {
        const { store, other } = await two(subject)
        const lost = await ask(store, { life: 50 })
        const next = (await ask(other)) ?? (await ask(other))
        assert.ok(next, 'a lapsed lease is not given')
        assert.equal(await lost?.renew(), false, 'who lost the lease renewed it')
        await lost?.release()
        assert.equal(await next.renew(), true, 'releasing what was lost took it from who has it')
      },
    },
    {
      rule: 'a lease that is renewed lasts',
      needs: ['lease'],
      async check(subject) {
        const { store, other } = await two(subject)
        const lease = await ask(store, { life: 300 })
        const waiting = ask(other).then(() => 'given')
        for (let i = 0; i < 6; i++) {
          assert.equal(await Promise.race([waiting, pause(100)]), undefined, 'it lapsed although it was renewed')
          assert.equal(await lease?.renew(), true, 'it was not renewed')
        }
        await lease?.release()
        await waiting
      },
    },
    {
      rule: 'who waits for a lease can stop waiting',
      needs: ['lease'],
      async check(subject) {
        const { store, other } = await two(subject)
        const lease = await ask(store)
        const controller = new AbortController()
        const waiting = ask(other, { signal: controller.signal })
        await pause(20)
        const reason = new Error('enough')
        controller.abort(reason)
        await assert.rejects(waiting, (error) => error === reason)
        await lease?.release()
      },
    },
  ],
}

async function two({ store, beside }: Subject): Promise<{ store: Store<unknown>; other: Store<unknown> }> {
  assert.ok(beside)
  return { store, other: await beside(store) }
}

async function ask(store: Store<unknown>, request: Partial<LeaseRequest> = {}): Promise<Lease | undefined> {
  const usual = { life: LONGEST_WAIT, since: undefined, signal: AbortSignal.timeout(LONGEST_WAIT) }
  return store.lease?.(key, { ...usual, ...request })
}

/** Follows a store's feed; `until` looks again and again where it has to be asked. */
function follow(store: Store<unknown>) {
  const told: News[] = []
  const feed = store.feed?.((news) => void told.push(news))
  return {
    told,
    poll: () => feed?.poll?.(),
    close: () => feed?.close(),
    async until(enough: (told: readonly News[]) => boolean): Promise<void> {
      const end = performance.now() + LONGEST_WAIT
      while (!enough(told)) {
        assert.ok(performance.now() < end, `the feed did not tell: ${JSON.stringify(told)}`)
        feed?.poll?.()
        await pause(1)
      }
      feed?.close()
    },
  }
}

function isSame(one: Mark, other: Mark): boolean {
  return JSON.stringify(Object.entries(one)) === JSON.stringify(Object.entries(other))
}

function keyOf(one: Mark): string[] {
  return 'key' in one ? [one.key] : []
}

function pause(ms: number): Promise<undefined> {
  return new Promise((resolve) => setTimeout(resolve, ms, undefined))
}
