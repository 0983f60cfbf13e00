import { type Cache, createCache } from '@granary/core'
import { sqlite } from '@granary/sqlite'
import type { Case, Contest, Side } from '../case.js'
import { type Folder, makeFolder } from '../folder.js'
import { openRawDisk, type RawDisk } from '../raw-disk.js'
import { keyOf, type Profile, profileOf } from '../samples.js'

/** Whose keys are written: each run's are new to a new file, or each run writes the same ones again. */
type Keys = 'new' | 'old'

/** Keys that are written again. */
const OLD = 5_000

/** The operations of one run: no two runs write the same bytes. */
interface Writes {
  readonly keys: readonly string[]
  readonly values: readonly Profile[]
}

let version = 0

function writesOf(operations: number, keys: Keys): Writes {
  version++
  const numbers = Array.from({ length: operations }, (_, at) => (keys === 'new' ? at : at % OLD))
  return { keys: numbers.map(keyOf), values: numbers.map((number) => profileOf(number, version)) }
}

/** A store that a run writes to. */
interface Target {
  write(writes: Writes, batch: number): void | Promise<void>
  get(key: string): unknown
  close(): void | Promise<void>
}

function rawTarget(raw: RawDisk): Target {
  return {
    write({ keys, values }, batch) {
      for (let at = 0; at < keys.length; at += batch) {
        if (batch === 1) raw.set(keys[at] as string, values[at])
        else
          raw.together(() => {
            for (let each = at; each < at + batch; each++) raw.set(keys[each] as string, values[each])
          })
      }
    },
    get: (key) => raw.get(key),
    close: () => raw.close(),
  }
}

function cacheTarget(cache: Cache): Target {
  return {
    async write({ keys, values }, batch) {
      let stored = 0
      for (let at = 0; at < keys.length; at += batch) {
        if (batch === 1) {
          if (await cache.set(keys[at] as string, values[at])) stored++
        } else {
          const writing = Array.from({ length: batch }, (_, each) =>
            cache.set(keys[at + each] as string, values[at + each]),
          )
          for (const outcome of await Promise.all(writing)) if (outcome) stored++
        }
      }
      if (stored !== keys.length) throw new Error('not all were stored')
    },
    get: (key) => cache.get(key),
    close: () => cache.close(),
  }
}

function manyTarget(cache: Cache): Target {
  return {
    ...cacheTarget(cache),
    async write({ keys, values }, batch) {
      for (let at = 0; at < keys.length; at += batch) {
        const items = Array.from(
          { length: batch },
          (_, each) => [keys[at + each] as string, values[at + each]] as const,
        )
        if ((await cache.setMany(items)).includes(false)) throw new Error('not all were stored')
      }
    },
  }
}

function writingTo(open: () => Target, batch: number, keys: Keys): Side & { close(): void | Promise<void> } {
  let target = open()
  let writes = writesOf(0, keys)
  return {
    async ready(operations) {
      writes = writesOf(operations, keys)
      if (keys === 'old') return
      await target.close()
      target = open()
      // The file is opened by the first write.
      await target.write(writesOf(batch, keys), batch)
    },
    run: (operations) => target.write(operations === writes.keys.length ? writes : writesOf(operations, keys), batch),
    async answer(index) {
      writes = writesOf(batch, keys)
      await target.write(writes, batch)
      return target.get(keyOf(index % batch))
    },
    expected: (index) => profileOf(index % batch, version),
    close: () => target.close(),
  }
}

type Open = (folder: Folder) => Target

const openCache = (folder: Folder) => createCache({ layers: [sqlite({ path: folder.next() })], ttl: '1h' })
const viaSet: Open = (folder) => cacheTarget(openCache(folder))
const viaSetMany: Open = (folder) => manyTarget(openCache(folder))

function against(open: Open, batch: number, keys: Keys): () => Contest {
  return () => {
    const folder = makeFolder()
    const subject = writingTo(() => open(folder), batch, keys)
    const reference = writingTo(() => rawTarget(openRawDisk(folder.next())), batch, keys)
    return {
      subject,
      reference,
      async close() {
        await subject.close()
        await reference.close()
        folder.remove()
      },
    }
  }
}

const common = { id: 'T4', measure: 'rate', clock: 'wall', most: 20_000 } as const

function row(keys: Keys, batch: number, target: number): Case {
  const many = batch.toLocaleString('en')
  return {
    ...common,
    name: `T4-${keys}-${batch}`,
    what: `disk set, ${keys} keys, ${batch === 1 ? 'one by one' : `${many} at once`}`,
    subject: `${batch === 1 ? 'await ' : ''}set(key, value)`,
    reference: `better-sqlite3, ${batch === 1 ? 'one transaction each' : `${many} a transaction`}`,
    target,
    batch,
    open: against(viaSet, batch, keys),
  }
}

export const diskSets: readonly Case[] = [
  ...(['new', 'old'] as const).flatMap((keys) => [row(keys, 1, 0.8), row(keys, 64, 0.8), row(keys, 1_000, 0.7)]),
  {
    ...common,
    name: 'T4-many-1000',
    what: 'disk set, new keys, 1,000 in one call',
    subject: 'setMany(items)',
    reference: 'better-sqlite3, 1,000 a transaction',
    batch: 1_000,
    open: against(viaSetMany, 1_000, 'new'),
  },
]
