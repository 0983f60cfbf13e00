import {
  type Feed,
  type Lease,
  type Mark,
  type News,
  namespacePath,
  physicalKey,
  type Store,
  wrapStore,
} from '@granary/core'
import { codecSuite, entryOf, historyState, historyStore, mapStore, storeSuite } from '@granary/testkit'
import { describe, expect, it } from 'vitest'
import { concealed } from '../src/concealed.js'
import { encoded } from '../src/encoded.js'
import { standardCodec } from '../src/standard-codec.js'
import { concealing, plainConcealment } from './concealment.js'
import { codeOf, errorOf, infoOf } from './envelopes.js'

const bytes = (store: unknown) => store as Store<Uint8Array>
const codec = standardCodec([concealing()])
const namespace = namespacePath('', 'canary')
const key = physicalKey(namespace, 'canary')
const info = { namespace, tags: ['canary', 'canary 2'] }
const entry = () => entryOf<unknown>('value', info)

storeSuite({ describe, it }, 'concealed, a local store', { create: () => encoded(bytes(mapStore()), codec) })
storeSuite({ describe, it }, 'concealed, a store with a history', {
  create: () => encoded(bytes(historyStore()), codec),
  offers: ['getMany', 'setMany', 'deleteMany', 'invalidate', 'entries'],
})
codecSuite({ describe, it }, 'a codec that conceals', { create: () => codec })

/** Notes every name that a store is given. */
function watched(store: Store<unknown>): { store: Store<unknown>; given: unknown[] } {
  const given: unknown[] = []
  const own = Object.fromEntries(
    Object.entries(store)
      .filter(([, member]) => typeof member === 'function')
      .map(([name, member]) => [
        name,
        (...args: unknown[]) => {
          given.push(args)
          return member.apply(store, args)
        },
      ]),
  )
  return { store: wrapStore(store, own), given }
}

describe('fault 46: a store under a codec that conceals', () => {
  it('is shown no key, namespace or tag, whatever is asked of it, and gives all of them back', async () => {
    const { store, given } = watched(historyStore() as Store<unknown>)
    const outer = encoded(bytes(store), codec) as Required<Store>
    await outer.set(key, entry())
    await outer.setMany([
      { key: `${key} 2`, entry: entry() },
      { key: 'canary', entry: entryOf(1) },
    ])
    expect(await outer.get(key)).toMatchObject({ value: 'value', ...info })
    expect(await outer.getMany([key, 'canary', 'canary 3'])).toMatchObject([info, { value: 1 }, undefined])
    const listed = []
    for await (const each of outer.entries()) listed.push([each.key, each.namespace, each.tags])
    expect(listed).toContainEqual([key, namespace, info.tags])
    expect(listed).toContainEqual(['canary', '', []])
    await outer.delete('canary 4')
    await outer.deleteMany(['canary', 'canary 5'])
    await outer.invalidate([
      { tag: 'canary 3' },
      { namespace: namespacePath(namespace, 'canary') },
      { key: 'canary 6' },
    ])
    expect(await outer.get(key)).toMatchObject(info)
    await outer.invalidate([{ namespace }])
    expect(await outer.get(key)).toBeUndefined()
    expect(given.length).toBeGreaterThan(10)
    expect(JSON.stringify(given)).not.toContain('canary')
  })

  it('has an envelope whose head says none either, and which is refused without the concealment', async () => {
    const about = infoOf()
    const stored = (await codec.encode('text', about)) as Uint8Array
    expect(stored[4]).toBe(1)
    for (const name of ['users', '42', 'team']) expect(Buffer.from(stored).includes(name)).toBe(false)
    expect(await codec.decode(stored, about.key)).toEqual({ value: 'text', about })
    const bare = standardCodec([{ ...concealing(), concealment: undefined } as never])
    expect(await errorOf(() => bare.decode(stored, about.key))).toMatchObject({
      code: 'CORRUPT',
      reason: 'unknown-format',
    })
    const open = await bare.encode('text', about)
    expect(await errorOf(() => codec.decode(open, about.key))).toMatchObject({
      code: 'CORRUPT',
      reason: 'unknown-format',
    })
    expect(await codeOf(() => codec.decode(stored, '\ud800'))).toBe('CORRUPT')
  })

  it('tells of news in the words of the program, and of a gap where it has none for them', () => {
    let tell: (news: News) => void = () => {}
    const feed: Feed = { close: () => {} }
    const store: Store<unknown> = {
      ...mapStore(),
      feed(listener) {
        tell = listener
        return feed
      },
    }
    const news: News[] = []
    expect(encoded(bytes(store), codec).feed?.((each) => void news.push(each))).toBe(feed)
    const marks: Mark[] = [{ key }, { tag: 'canary' }, { namespace }, { namespace: '' }]
    const { store: spied, given } = watched({ ...mapStore(), invalidate: () => {} })
    void concealed(bytes(spied), plainConcealment).invalidate?.(marks)
    const [[hidden]] = given as [[Mark[]]]
    expect(JSON.stringify(hidden)).not.toContain('canary')
    tell(hidden)
    tell('gap')
    tell([...hidden, { tag: 'made with another key' }])
    expect(news).toEqual([marks, 'gap', 'gap'])
  })

  it('is asked for leases under hidden keys', async () => {
    const lease: Lease = { renew: () => true, release: () => {} }
    const asked: string[] = []
    const store: Store<unknown> = {
      ...mapStore(),
      lease(leased) {
        asked.push(leased)
        return lease
      },
    }
    const request = { life: 10, since: undefined, signal: new AbortController().signal }
    expect(await (await encoded(bytes(store), codec).lease?.(key, request))?.renew()).toBe(true)
    expect(asked).toHaveLength(1)
    expect(asked[0]).not.toContain('canary')
  })

  it('lists nothing that it cannot name, and tells of it; a failure’s key is told as the program knows it', async () => {
    const state = historyState()
    const inner = bytes(historyStore({ state }))
    let fail: Parameters<NonNullable<Store['observe']>>[0] = () => {}
    const observe: Required<Store>['observe'] = (listener) => {
      fail = listener
    }
    const outer = encoded({ ...inner, observe }, codec)
    const failures: unknown[] = []
    outer.observe?.((failure) => void failures.push(failure))
    await outer.set('known', entryOf(1))
    await inner.set('in the clear', entryOf(new Uint8Array()))
    const listed = []
    for await (const each of outer.entries?.() ?? []) listed.push(each.key)
    expect(listed).toEqual(['known'])
    fail({ operation: 'set', error: 1, key: plainConcealment.hide('known', 'k') })
    fail({ operation: 'set', error: 2, key: 'in the clear' })
    expect(failures).toMatchObject([
      { operation: 'entries', error: { reason: 'unknown-key' } },
      { operation: 'set', error: 1, key: 'known' },
      { operation: 'set', error: 2 },
    ])
    expect(failures[2]).not.toHaveProperty('key')
  })
})

describe('a lease of an encoded store', () => {
  it('is released after what was set before, also while that is being encoded', async () => {
    const calls: string[] = []
    const lease: Lease = { renew: () => true, release: () => void calls.push('release') }
    const inner = mapStore()
    const store: Store<unknown> = {
      ...inner,
      set(each, value) {
        calls.push('set')
        return inner.set(each, value)
      },
      lease: () => lease,
    }
    const slow = {
      id: 200,
      name: 'slow',
      encode: async (given: Uint8Array) => given,
      decode: (given: Uint8Array) => given,
    }
    const outer = encoded(bytes(store), standardCodec([slow]))
    const granted = await outer.lease?.('key', { life: 10, since: undefined, signal: new AbortController().signal })
    const setting = outer.set('key', entryOf('x'))
    await granted?.release()
    await setting
    expect(calls).toEqual(['set', 'release'])
  })
})
