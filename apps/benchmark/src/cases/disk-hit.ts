import { type Cache, createCache } from '@granary/core'
import { sqlite } from '@granary/sqlite'
import type { Case, Contest, Side } from '../case.js'
import { makeFolder } from '../folder.js'
import { openRawDisk, type RawDisk } from '../raw-disk.js'
import { HOT, inOrder, keyOf, keysInOrder, type Profile, pick, profileOf } from '../samples.js'

/** How many hits are in flight at once. */
const ABREAST = 64

const load = (): Promise<Profile> => Promise.reject(new Error('not a hit'))
const expected = (index: number) => profileOf(pick(index))

/** How the engine is asked. */
const QUESTIONS = {
  getOrCompute: (cache: Cache, key: string): Promise<Profile> => cache.getOrCompute(key, load),
  get: (cache: Cache, key: string): Promise<Profile> => cache.get<Profile>(key) as Promise<Profile>,
}

type Question = keyof typeof QUESTIONS

function rawHits(raw: RawDisk): Side {
  const keys = keysInOrder()
  return {
    run(operations) {
      let sum = 0
      for (let at = 0; at < operations; at++) sum += (raw.get(inOrder(keys, at)) as Profile).id
      if (sum < 0) throw new Error('no value')
    },
    answer: (index) => raw.get(keyOf(pick(index))),
    expected,
  }
}

function oneByOne(cache: Cache, question: Question): Side {
  const keys = keysInOrder()
  const ask = QUESTIONS[question]
  return {
    async run(operations) {
      let sum = 0
      for (let at = 0; at < operations; at++) sum += (await ask(cache, inOrder(keys, at))).id
      if (sum < 0) throw new Error('no value')
    },
    answer: (index) => ask(cache, keyOf(pick(index))),
    expected,
  }
}

function abreast(cache: Cache, question: Question): Side {
  const keys = keysInOrder()
  const ask = QUESTIONS[question]
  return {
    async run(operations) {
      let sum = 0
      for (let at = 0; at < operations; at += ABREAST) {
        const asked = Array.from({ length: ABREAST }, (_, each) => ask(cache, inOrder(keys, at + each)))
        for (const value of await Promise.all(asked)) sum += value.id
      }
      if (sum < 0) throw new Error('no value')
    },
    answer: (index) => ask(cache, keyOf(pick(index))),
    expected,
  }
}

function manyAtOnce(cache: Cache): Side {
  const keys = keysInOrder()
  return {
    async run(operations) {
      let sum = 0
      for (let at = 0; at < operations; at += ABREAST) {
        const asked = Array.from({ length: ABREAST }, (_, each) => inOrder(keys, at + each))
        for (const value of await cache.getMany<Profile>(asked)) sum += (value as Profile).id
      }
      if (sum < 0) throw new Error('no value')
    },
    answer: async (index) => (await cache.getMany([keyOf(pick(index))]))[0],
    expected,
  }
}

function against(sideOf: (cache: Cache) => Side): () => Promise<Contest> {
  return async () => {
    const folder = makeFolder()
    const raw = openRawDisk(folder.next())
    const cache = createCache({ layers: [sqlite({ path: folder.next() })], ttl: '1h' })
    for (let index = 0; index < HOT; index++) {
      raw.set(keyOf(index), profileOf(index))
      await cache.set(keyOf(index), profileOf(index))
    }
    return {
      subject: sideOf(cache),
      reference: rawHits(raw),
      async close() {
        raw.close()
        await cache.close()
        folder.remove()
      },
    }
  }
}

const common = { id: 'T3', reference: 'better-sqlite3, msgpackr, crc32', measure: 'rate', clock: 'thread' } as const

export const diskHits: readonly Case[] = [
  {
    ...common,
    name: 'T3-compute',
    what: 'disk hit, one by one',
    subject: 'await getOrCompute(key, compute)',
    target: 0.85,
    open: against((cache) => oneByOne(cache, 'getOrCompute')),
  },
  {
    ...common,
    name: 'T3-get',
    what: 'disk hit, one by one',
    subject: 'await get(key)',
    target: 0.85,
    open: against((cache) => oneByOne(cache, 'get')),
  },
  {
    ...common,
    name: 'T3-compute-64',
    what: `disk hit, ${ABREAST} at once`,
    subject: 'getOrCompute(key, compute)',
    target: 1,
    batch: ABREAST,
    open: against((cache) => abreast(cache, 'getOrCompute')),
  },
  {
    ...common,
    name: 'T3-get-64',
    what: `disk hit, ${ABREAST} at once`,
    subject: 'get(key)',
    target: 1,
    batch: ABREAST,
    open: against((cache) => abreast(cache, 'get')),
  },
  {
    ...common,
    name: 'T3-many-64',
    what: `disk hit, ${ABREAST} in one call`,
    subject: 'getMany(keys)',
    batch: ABREAST,
    open: against(manyAtOnce),
  },
]
