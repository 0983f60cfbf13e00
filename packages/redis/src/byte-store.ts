import { randomBytes } from 'node:crypto'
import type { ByteStore } from '@granary/codec'
import {
  type Entry,
  GranaryError,
  type KeyedInfo,
  type Mark,
  type Position,
  refused,
  type SetItem,
  type SetOutcome,
  type StoreFailure,
} from '@granary/core'
import type { Bucket } from './buckets.js'
import type { Connection } from './connection.js'
import { Feeds } from './feeds.js'
import { Lane, type LaneContext } from './lane.js'
import { askForLease } from './leases.js'
import { markBucket } from './marking.js'
import { walk } from './walk.js'

/** Largest string of Redis, less what stands before a value. */
const LARGEST = 512 * 1024 * 1024 - 1_000_000

export interface ByteStoreOptions {
  readonly connection: Connection
  readonly name: string
  readonly now: () => number
  /** Longest wait for the answer to what is asked of a lease, in ms. */
  readonly timeout: number
}

/** Marks on keys that a store keeps, over all its buckets. */
const KEY_MARKS = 20_000
const FEWEST_KEY_MARKS = 1_000

/** The store of one server or Cluster, of entries that are bytes. */
export function byteStore({ connection, name, now, timeout }: ByteStoreOptions): ByteStore {
  const { buckets } = connection
  let listener: ((failure: StoreFailure) => void) | undefined
  const context: LaneContext = {
    connection,
    origin: randomBytes(6).toString('base64url'),
    now,
    mostKeyMarks: Math.max(FEWEST_KEY_MARKS, Math.floor(KEY_MARKS / buckets.all.length)),
    report: (operation, key, error) => listener?.({ operation, key, error }),
  }
  const lanes = buckets.all.map((bucket) => new Lane(bucket, context))
  const laneOf = (bucket: Bucket) => lanes[bucket.index] as Lane
  const feeds = new Feeds(connection, context.origin, (error) => listener?.({ operation: 'feed', error }))
  const flush = (bucket: Bucket) => laneOf(bucket).flush()
  const leasing = { connection, origin: context.origin, feeds, timeout, flush }

  function checkOpen(): void {
    if (connection.closed) throw new GranaryError('CLOSED', `the store ${name} was closed: make a new one with redis()`)
  }

  async function set(key: string, entry: Entry<Uint8Array>, since?: Position): Promise<SetOutcome> {
    if (connection.closed) return refused('closed')
    if (since !== undefined && typeof since !== 'number') return refused('forgotten')
    if (entry.value.length <= LARGEST) return laneOf(buckets.of(key)).set(key, entry, since)
    // It replaces what was there, even though it cannot be kept.
    if (since === undefined) await mark([{ key }])
    return refused('too-large')
  }

  /** One script for each bucket that is concerned; for each mark on a key, was there an entry? */
  async function mark(marks: readonly Mark[]): Promise<boolean[]> {
    checkOpen()
    const keys = marks.flatMap((one) => ('key' in one ? [one.key] : []))
    const scopes = marks.flatMap((one) => ('key' in one ? [] : ['tag' in one ? `t${one.tag}` : `n${one.namespace}`]))
    const groups = buckets.group(keys, (key) => key)
    const concerned = scopes.length > 0 ? buckets.all : [...groups.keys()]
    const held: boolean[] = keys.map(() => false)
    const marking = concerned.map(async (bucket) => {
      const group = groups.get(bucket) ?? []
      laneOf(bucket).flush()
      const found = await markBucket(
        context,
        bucket,
        group.map(({ item }) => item),
        scopes,
      )
      for (const [n, { at }] of group.entries()) held[at] = found[n] === true
    })
    // All of them have to be done, also when one fails: none of them may be under way when this settles.
    const failed = (await Promise.allSettled(marking)).find((one) => one.status === 'rejected')
    if (failed !== undefined) throw failed.reason
    return held
  }

  return {
    name,
    durable: true,
    async get(key, look) {
      checkOpen()
      return laneOf(buckets.of(key)).get(key, look)
    },
    set,
    delete: async (key) => (await mark([{ key }]))[0] === true,
    deleteMany: (keys) => mark(keys.map((key) => ({ key }))),
    async clear() {
      await mark([{ namespace: '' }])
    },
    async getMany(keys, looks) {
      checkOpen()
      return Promise.all(keys.map((key, at) => laneOf(buckets.of(key)).get(key, looks?.[at])))
    },
    setMany: (items: readonly SetItem<Uint8Array>[]) =>
      Promise.all(items.map(({ key, entry, since }) => set(key, entry, since))),
    async invalidate(marks) {
      await mark(marks)
    },
    async *entries(): AsyncIterable<KeyedInfo> {
      checkOpen()
      for (const lane of lanes) lane.flush()
      for await (const { info, isKept } of walk(connection)) if (isKept) yield info
    },
    async prune() {
      checkOpen()
      for (const lane of lanes) lane.flush()
      let removed = 0
      for await (const { info, isKept, remove } of walk(connection))
        if (!isKept || info.staleUntil <= now()) removed += await remove()
      return removed
    },
    feed(given) {
      checkOpen()
      return feeds.open(given)
    },
    async lease(key, request) {
      checkOpen()
      return askForLease(leasing, key, request)
    },
    observe(given) {
      listener = given
    },
    async close() {
      feeds.close()
      for (const lane of lanes) lane.flush()
      await connection.close()
    },
  }
}
