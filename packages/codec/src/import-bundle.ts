import { createHash } from 'node:crypto'
import {
  type Clock,
  type Codec,
  type CodecStage,
  type CorruptReason,
  checkOptions,
  type Decoded,
  GranaryError,
  parseSize,
  type Size,
  type Store,
} from '@granary/core'
import { type BundleEnd, END_KEY, FRAME, HEADER, lengthIn, storedKey } from './bundle.js'
import { type ImportReport, type Intake, intake } from './intake.js'
import { type Pieces, piecesOf } from './pieces.js'
import { standardCodec } from './standard-codec.js'

/** Options of {@link importBundle}. */
export interface ImportOptions {
  /** The stages that the bundle was exported with; with a seal among them, entries without it are refused. Default: none. */
  readonly codec?: readonly CodecStage[]
  /** Longer entries are passed over: so much memory is needed, twice or three times. Default: `'256mb'`. */
  readonly maxEntryBytes?: Size
  /** Where the time comes from that entries are expired by. Default: the system's. */
  readonly clock?: Pick<Clock, 'now'>
}

/**
 * Puts the entries of a bundle into a store, each as it was: its key, times, tags and cost. Each is checked as what comes
 * from a store is, by its checksum or seal; what is not intact is counted and left out. An entry that the store has
 * already stays, unless that of the bundle was made later.
 *
 * @param bundle a stream of bytes: of a file (`createReadStream(path)`), or of the web (`response.body`)
 * @throws GranaryError `INVALID_OPTION`; `CORRUPT` for what does not begin as a bundle of a known version; what the store or the stream throws
 */
export async function importBundle(
  store: Store,
  bundle: AsyncIterable<Uint8Array>,
  options: ImportOptions = {},
): Promise<ImportReport> {
  checkOptions('importBundle', options, ['codec', 'maxEntryBytes', 'clock'])
  const { codec: stages, maxEntryBytes = '256mb', clock = Date } = options
  const longest = parseSize(maxEntryBytes, 'maxEntryBytes')
  const codec = standardCodec(stages)
  const pieces = piecesOf(bundle)
  try {
    return await read(pieces, codec, longest, intake(store, clock))
  } finally {
    await pieces.end()
  }
}

async function read(pieces: Pieces, codec: Codec, longest: number, into: Intake): Promise<ImportReport> {
  const hash = createHash('sha256')
  const open = opener(codec)
  checkHeader(await pieces.read(HEADER.length))
  hash.update(HEADER)
  for (let records = 0; ; records++) {
    const frame = await pieces.read(FRAME)
    if (frame === undefined) return into.done(false)
    const length = lengthIn(frame)
    // Where the next one begins is not known.
    if (length === undefined) return into.refuse('damaged').done(false)
    const before = hash.copy().digest()
    hash.update(frame)
    if (length > longest) {
      into.refuse('too-large')
      if (await pieces.skip(length, (bytes) => hash.update(bytes))) continue
      return into.done(false)
    }
    const envelope = await pieces.read(length)
    if (envelope === undefined) return into.refuse('truncated').done(false)
    hash.update(envelope)
    const opened = await open(envelope)
    if ('refused' in opened) into.refuse(opened.refused)
    else if (opened.key === END_KEY)
      return into.done(isEnd(opened.value, records, before) && (await pieces.read(1)) === undefined)
    else await into.take(opened, length)
  }
}

type Opened = ({ readonly key: string } & Decoded) | { readonly refused: CorruptReason }

/** Opens envelopes as {@link Codec.decode} does, under the keys that they themselves say. */
function opener(codec: Codec): (envelope: Uint8Array) => Promise<Opened> {
  const keyIn = storedKey(codec.concealment)
  return async (envelope) => {
    try {
      const key = keyIn(envelope)
      return { key, ...(await codec.decode(envelope, key)) }
    } catch (error) {
      if (!(error instanceof GranaryError && error.code === 'CORRUPT')) throw error
      return { refused: error.reason ?? 'damaged' }
    }
  }
}

function checkHeader(header: Uint8Array | undefined): void {
  if (header === undefined) throw noBundle('truncated', 'it is too short')
  if (Buffer.compare(header.subarray(0, 3), HEADER.subarray(0, 3)) !== 0)
    throw noBundle('damaged', 'it does not begin as one')
  if (header[3] !== HEADER[3])
    throw noBundle('unknown-format', `its format version is ${header[3]}, this program reads ${HEADER[3]}`)
}

function noBundle(reason: CorruptReason, why: string): GranaryError {
  return new GranaryError('CORRUPT', `importBundle: this is not a bundle: ${why}`, { reason })
}

function isEnd(value: unknown, records: number, sha256: Uint8Array): boolean {
  const end = value as Partial<BundleEnd> | undefined
  return end?.entries === records && end.sha256 instanceof Uint8Array && Buffer.compare(end.sha256, sha256) === 0
}
