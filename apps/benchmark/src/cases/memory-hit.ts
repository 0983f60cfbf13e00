import { type Cache, createCache } from '@granary/core'
import { memory } from '@granary/memory'
import { LRUCache } from 'lru-cache'
import type { Case, Contest, Side } from '../case.js'
import { HOT, inOrder, keyOf, keysInOrder, type Profile, pick, profileOf } from '../samples.js'

const HOUR = 3_600_000

/** One hit: what {@link hits} repeats. */
type Hit = (key: string) => Profile | undefined | Promise<Profile | undefined>

const load = (): Promise<Profile> => Promise.reject(new Error('not a hit'))

/** Repeats a hit over the hot set, awaited one by one, with keys made beforehand. */
function hits(run: (keys: readonly string[], operations: number) => Promise<number>, hit: Hit): Side {
  const keys = keysInOrder()
  return {
    async run(operations) {
      if ((await run(keys, operations)) < 0) throw new Error('no value')
    },
    answer: (index) => hit(keyOf(pick(index))),
    expected: (index) => profileOf(pick(index)),
  }
}

/** The limit: what awaiting an entry of lru-cache itself takes, its `ttlResolution` at the default. */
function rawMemory(): Side {
  const cache = new LRUCache<string, Profile>({ max: 10_000, ttl: HOUR })
  for (let index = 0; index < HOT; index++) cache.set(keyOf(index), profileOf(index))
  return hits(
    async (keys, operations) => {
      let sum = 0
      for (let at = 0; at < operations; at++) {
        const value = await cache.get(inOrder(keys, at))
        sum += (value as Profile).id
      }
      return sum
    },
    (key) => cache.get(key),
  )
}

/** The same, with a key that is built for the call. */
function rawMemoryBuiltKey(): Side {
  const cache = new LRUCache<string, Profile>({ max: 10_000, ttl: HOUR })
  for (let index = 0; index < HOT; index++) cache.set(keyOf(index), profileOf(index))
  return hits(
    async (_keys, operations) => {
      let sum = 0
      for (let at = 0; at < operations; at++) {
        const value = await cache.get(keyOf(pick(at)))
        sum += (value as Profile).id
      }
      return sum
    },
    (key) => cache.get(key),
  )
}

async function filled(view: (cache: Cache) => Cache = (cache) => cache): Promise<Cache> {
  const cache = view(createCache({ layers: [memory()], ttl: '1h' }))
  for (let index = 0; index < HOT; index++) await cache.set(keyOf(index), profileOf(index))
  return cache
}

async function plainHit(): Promise<Side> {
  const cache = await filled()
  return hits(
    async (keys, operations) => {
      let sum = 0
      for (let at = 0; at < operations; at++) {
        const value = await cache.getOrCompute(inOrder(keys, at), () => load())
        sum += value.id
      }
      return sum
    },
    (key) => cache.getOrCompute(key, load),
  )
}

async function builtKeyHit(): Promise<Side> {
  const cache = await filled()
  return hits(
    async (_keys, operations) => {
      let sum = 0
      for (let at = 0; at < operations; at++) {
        const value = await cache.getOrCompute(keyOf(pick(at)), () => load())
        sum += value.id
      }
      return sum
    },
    (key) => cache.getOrCompute(key, load),
  )
}

async function optionsHit(): Promise<Side> {
  const cache = await filled()
  return hits(
    async (keys, operations) => {
      let sum = 0
      for (let at = 0; at < operations; at++) {
        const value = await cache.getOrCompute(inOrder(keys, at), () => load(), { ttl: HOUR })
        sum += value.id
      }
      return sum
    },
    (key) => cache.getOrCompute(key, load, { ttl: HOUR }),
  )
}

async function namespaceHit(): Promise<Side> {
  const cache = await filled((root) => root.namespace('profiles'))
  return hits(
    async (keys, operations) => {
      let sum = 0
      for (let at = 0; at < operations; at++) {
        const value = await cache.getOrCompute(inOrder(keys, at), () => load())
        sum += value.id
      }
      return sum
    },
    (key) => cache.getOrCompute(key, load),
  )
}

function against(raw: () => Side, subject: () => Promise<Side>): () => Promise<Contest> {
  return async () => ({ subject: await subject(), reference: raw() })
}

const RAW = 'await lru-cache get, ttl'
const common = { id: 'T1', reference: RAW, measure: 'time', clock: 'thread' } as const

export const memoryHits: readonly Case[] = [
  {
    ...common,
    name: 'T1-hit',
    what: 'memory hit',
    subject: 'getOrCompute(key, compute)',
    target: 1.35,
    open: against(rawMemory, plainHit),
  },
  {
    ...common,
    name: 'T1-options',
    what: 'memory hit, options in each call',
    subject: 'getOrCompute(key, compute, { ttl })',
    target: 1.35,
    open: against(rawMemory, optionsHit),
  },
  {
    ...common,
    name: 'T1-namespace',
    what: 'memory hit through a namespace',
    subject: 'namespace(n).getOrCompute(key, compute)',
    target: 1.6,
    open: against(rawMemory, namespaceHit),
  },
  {
    ...common,
    name: 'T1-built-key',
    what: 'memory hit, key built for each call',
    subject: 'getOrCompute(`…`, compute)',
    open: against(rawMemoryBuiltKey, builtKeyHit),
  },
]
