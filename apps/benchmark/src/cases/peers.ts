import { type CacheEntry, cachified } from '@epic-web/cachified'
import { createCache } from '@granary/core'
import { memory } from '@granary/memory'
import { createCache as createDedupe } from 'async-cache-dedupe'
import { BentoCache, bentostore } from 'bentocache'
import { memoryDriver } from 'bentocache/drivers/memory'
import { createCache as createManager } from 'cache-manager'
import { Cacheable } from 'cacheable'
import { Loader } from 'layered-loader'
import { LRUCache } from 'lru-cache'
import type { Case, Side } from '../case.js'
import { HOT, inOrder, keyOf, keysInOrder, type Profile, pick, profileOf } from '../samples.js'

const HOUR = 3_600_000

/** Hits in another library, configured as its documentation recommends; each case has one, so that its call is inlined. */
async function hitsOf(hit: (key: string) => Promise<Profile | null | undefined>): Promise<Side> {
  for (let index = 0; index < HOT; index++) await hit(keyOf(index))
  const keys = keysInOrder()
  return {
    async run(operations) {
      let sum = 0
      for (let at = 0; at < operations; at++) sum += ((await hit(inOrder(keys, at))) as Profile).id
      if (sum < 0) throw new Error('no value')
    },
    answer: (index) => hit(keyOf(pick(index))),
    expected: (index) => profileOf(pick(index)),
  }
}

const profiles = new Map(Array.from({ length: HOT }, (_, index) => [keyOf(index), profileOf(index)]))
const load = async (key: string): Promise<Profile> => profiles.get(key) as Profile

/** The same loop, in a function of its own, so that the two sides' calls do not share what V8 learns of them. */
async function ours(): Promise<Side> {
  const cache = createCache({ layers: [memory()], ttl: '1h' })
  for (let index = 0; index < HOT; index++) await cache.set(keyOf(index), profileOf(index))
  const keys = keysInOrder()
  return {
    async run(operations) {
      let sum = 0
      for (let at = 0; at < operations; at++) {
        const key = inOrder(keys, at)
        sum += (await cache.getOrCompute(key, () => load(key))).id
      }
      if (sum < 0) throw new Error('no value')
    },
    answer: (index) => cache.getOrCompute(keyOf(pick(index)), () => load(keyOf(pick(index)))),
    expected: (index) => profileOf(pick(index)),
  }
}

function layeredLoader(): Promise<Side> {
  const loader = new Loader<Profile>({
    inMemoryCache: { cacheType: 'lru-object', ttlInMsecs: HOUR, maxItems: 10_000 },
    dataSources: [{ name: 'profiles', get: load, getMany: (keys) => Promise.all(keys.map((key) => load(key))) }],
  })
  return hitsOf((key) => loader.get(key))
}

function asyncCacheDedupe(): Promise<Side> {
  const cache = createDedupe({ ttl: HOUR / 1_000, storage: { type: 'memory', options: { size: 10_000 } } })
  const defined = cache.define('profile', load)
  return hitsOf((key) => defined.profile(key))
}

function cacheManager(): Promise<Side> {
  const cache = createManager({ ttl: HOUR })
  return hitsOf((key) => cache.wrap(key, () => load(key)))
}

/** As its documentation shows it: over an lru-cache. */
function epicCachified(): Promise<Side> {
  const cache = new LRUCache<string, CacheEntry>({ max: 10_000 })
  return hitsOf((key) => cachified({ key, cache, ttl: HOUR, getFreshValue: () => load(key) }))
}

function bentoCache(): Promise<Side> {
  const store = bentostore().useL1Layer(memoryDriver({ maxItems: 10_000 }))
  const cache = new BentoCache({ default: 'memory', ttl: HOUR, stores: { memory: store } })
  return hitsOf((key) => cache.getOrSet({ key, factory: () => load(key) }))
}

function cacheableCache(): Promise<Side> {
  const cache = new Cacheable({ ttl: HOUR })
  return hitsOf((key) => cache.getOrSet(key, () => load(key)))
}

const PEERS = [
  ['layered-loader', 'await loader.get(key)', layeredLoader],
  ['async-cache-dedupe', 'await cache.profile(key)', asyncCacheDedupe],
  ['cache-manager', 'await cache.wrap(key, load)', cacheManager],
  ['cachified', 'await cachified({ key, … })', epicCachified],
  ['cacheable', 'await cache.getOrSet(key, load)', cacheableCache],
  ['bentocache', 'await cache.getOrSet({ key, … })', bentoCache],
] as const

export const peerHits: readonly Case[] = PEERS.map(([peer, reference, open]) => ({
  name: `T1-${peer}`,
  id: 'T1',
  what: `memory hit, against ${peer}`,
  subject: 'getOrCompute(key, compute)',
  reference,
  measure: 'time',
  clock: 'thread',
  target: 1,
  open: async () => ({ subject: await ours(), reference: await open() }),
}))
