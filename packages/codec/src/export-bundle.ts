import { createHash } from 'node:crypto'
import {
  type Clock,
  type Codec,
  type CodecStage,
  checkOptions,
  type Duration,
  type Entry,
  type EntryInfo,
  GranaryError,
  lifeOf,
  namespacePath,
  parseDuration,
  type Store,
} from '@granary/core'
import { END_KEY, endInfo, frameOf, HEADER } from './bundle.js'
import { standardCodec } from './standard-codec.js'

/** Options of {@link exportBundle}: each leaves out what it does not name. */
export interface ExportOptions {
  /** Names of a namespace, outermost first; it and those below. A worker's is `['worker:<its name>']`. Default: all of them. */
  readonly namespace?: readonly string[]
  /** Entries with one of these tags or more. Default: all, also those without. */
  readonly tags?: readonly string[]
  /** Entries that were made this long ago or later. Default: of any age. */
  readonly maxAge?: Duration
  /** What is done to the bytes of an entry, as in a store: compress, seal. Default: nothing, so that whoever has the bundle can read it. */
  readonly codec?: readonly CodecStage[]
  /** Where the time comes from. Default: the system's. */
  readonly clock?: Pick<Clock, 'now'>
}

/**
 * What a store holds, or a part of it, as a stream of bytes to be written to a file and read by `importBundle`: a bundle.
 * One entry at a time is in memory.
 *
 * What has expired or is a cached error is left out. What is written meanwhile may be in it or not.
 *
 * @throws GranaryError `INVALID_OPTION`; while it is read, what the store throws
 */
export function exportBundle(store: Store, options: ExportOptions = {}): AsyncGenerator<Uint8Array, void> {
  checkOptions('exportBundle', options, ['namespace', 'tags', 'maxAge', 'codec', 'clock'])
  if (typeof store?.entries !== 'function')
    throw new GranaryError(
      'INVALID_OPTION',
      'exportBundle: give a store that lists its entries, such as sqlite({ path })',
    )
  const { codec: stages, clock = Date } = options
  return write(store, standardCodec(stages), filterOf(options, clock), clock)
}

async function* write(
  store: Store,
  codec: Codec,
  isWanted: (key: string, entry: EntryInfo) => boolean,
  clock: Pick<Clock, 'now'>,
): AsyncGenerator<Uint8Array, void> {
  const hash = createHash('sha256')
  const counted = (bytes: Uint8Array): Uint8Array => {
    hash.update(bytes)
    return bytes
  }
  yield counted(HEADER.slice())
  let entries = 0
  for await (const info of store.entries?.() ?? []) {
    const { key } = info
    if (!isWanted(key, info)) continue
    const entry: Entry | undefined = await store.get(key)
    // Another may have taken its place since it was listed.
    if (entry === undefined || !isWanted(key, entry)) continue
    const { value, ...about } = entry
    yield counted(recordOf(await codec.encode(value, { ...about, key })))
    entries++
  }
  yield recordOf(await codec.encode({ entries, sha256: new Uint8Array(hash.digest()) }, endInfo(clock.now())))
}

function recordOf(envelope: Uint8Array): Uint8Array {
  return Buffer.concat([frameOf(envelope.length), envelope])
}

function filterOf(options: ExportOptions, clock: Pick<Clock, 'now'>): (key: string, entry: EntryInfo) => boolean {
  const { namespace = [], tags, maxAge } = options
  const path = namesIn(namespace, 'namespace').reduce(namespacePath, '')
  const wanted = tags && new Set(namesIn(tags, 'tags'))
  const since = maxAge === undefined ? Number.NEGATIVE_INFINITY : clock.now() - parseDuration(maxAge, 'maxAge')
  return (key, entry) =>
    key !== END_KEY &&
    entry.namespace.startsWith(path) &&
    entry.createdAt >= since &&
    entry.rejection === undefined &&
    (wanted === undefined || entry.tags.some((tag) => wanted.has(tag))) &&
    lifeOf(entry, clock.now()) !== 'expired'
}

function namesIn(names: unknown, option: string): readonly string[] {
  if (Array.isArray(names) && names.every((name) => typeof name === 'string')) return names
  throw new GranaryError('INVALID_OPTION', `exportBundle: ${option}: give a list of names`)
}
