import type { KeyedInfo } from '@granary/core'
import { type Cluster, Redis } from 'ioredis'
import { readClock } from './bucket-clock.js'
import type { Bucket } from './buckets.js'
import type { Connection } from './connection.js'
import { FIXED, FoundEntry } from './entry-format.js'
import { ScopeMarks } from './scope-marks.js'
import { REMOVE } from './scripts.js'

const PAGE = 256
const HEAD = 4_096

export interface Walked {
  readonly info: KeyedInfo
  /** It was not invalidated. */
  readonly isKept: boolean
  /** Removes the entry, unless it was written again; how many were removed. */
  remove(): Promise<number>
}

/**
 * Every entry of a store, by SCAN, of which the server does a little at a time; without values. Of what is written
 * meanwhile some may be missed. What an entry's name begins with is compared here: the pattern only spares the server replies.
 */
export async function* walk(connection: Connection): AsyncGenerator<Walked> {
  const { buckets, client } = connection
  const clientPrefix = client.options.keyPrefix ?? ''
  const seen = new Set<string>()
  const marks = new Map<Bucket, ScopeMarks>(buckets.all.map((bucket) => [bucket, new ScopeMarks(bucket, connection)]))
  const common = commonPrefix(buckets.all.map(({ entryPrefix }) => clientPrefix + entryPrefix))
  for (const node of client instanceof Redis ? [client] : (client as Cluster).nodes('master')) {
    let cursor = '0'
    do {
      const [next, names] = await node.scan(cursor, 'MATCH', `${escaped(common)}*`, 'COUNT', PAGE)
      cursor = next
      const keys = names.flatMap((name) => keysIn(buckets.all, clientPrefix, name)).filter(({ key }) => !seen.has(key))
      for (const { key } of keys) seen.add(key)
      yield* read(connection, marks, keys)
    } while (cursor !== '0')
  }
}

interface Named {
  readonly key: string
  readonly bucket: Bucket
}

function keysIn(all: readonly Bucket[], clientPrefix: string, name: string): Named[] {
  const bucket = all.find(({ entryPrefix }) => name.startsWith(clientPrefix + entryPrefix))
  return bucket === undefined ? [] : [{ bucket, key: name.slice(clientPrefix.length + bucket.entryPrefix.length) }]
}

async function* read(
  connection: Connection,
  marks: Map<Bucket, ScopeMarks>,
  named: readonly Named[],
): AsyncGenerator<Walked> {
  const walked = await Promise.all(named.map((one) => readOne(connection, marks.get(one.bucket) as ScopeMarks, one)))
  for (const one of walked) if (one !== undefined) yield one
}

async function readOne(connection: Connection, marks: ScopeMarks, named: Named): Promise<Walked | undefined> {
  const { bucket, key } = named
  const name = bucket.entry(key)
  const [head, size, raw] = await Promise.all([
    connection.call<Buffer>('GETRANGE', name, 0, HEAD - 1),
    connection.call<number>('STRLEN', name),
    connection.call<Buffer | null>('GET', bucket.clock),
  ])
  const clock = readClock(raw)
  const long = head.length >= FIXED && FIXED + head.readUInt32BE(57) > head.length
  const bytes = long ? await connection.call<Buffer>('GETRANGE', name, 0, FIXED + head.readUInt32BE(57) - 1) : head
  const entry = FoundEntry.in(bytes)
  if (entry === undefined) return undefined
  return {
    info: { ...entry.info(key), size: size + name.length },
    isKept: clock !== undefined && (await marks.spares(entry, clock)),
    remove: () => removeExactly(connection, bucket, name, bytes.subarray(0, 8)),
  }
}

/** Not if another version has taken its place. No mark is made: nothing changes for anybody. */
async function removeExactly(connection: Connection, bucket: Bucket, name: string, version: Buffer): Promise<number> {
  return connection.run<number>(REMOVE, bucket.index, [name], [version])
}

function commonPrefix([first = '', ...others]: readonly string[]): string {
  let length = first.length
  for (const other of others) while (!other.startsWith(first.slice(0, length))) length--
  return first.slice(0, length)
}

function escaped(text: string): string {
  return text.replace(/[\\*?[\]^-]/g, '\\$&')
}
