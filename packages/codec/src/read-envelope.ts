import { crc32 } from 'node:zlib'
import { type CorruptReason, GranaryError, type KeyedInfo, parsePhysicalKey } from '@granary/core'
import { FIXED, MAGIC, VERSION } from './envelope.js'
import { CONTENT_BYTES, type Content } from './serialize.js'

/** Of an empty key and no stages: count of stages, payload length and checksum follow the head. */
const SMALLEST = FIXED + 1 + 4 + 4

/** An envelope that was read, its payload still as the stages left it. */
export interface Opened {
  /** The bytes without their checksum. */
  readonly bytes: Uint8Array
  readonly headEnd: number
  readonly content: Content
  readonly rawLength: number
  /** Ids of the stages that were applied, in this order. */
  readonly ids: readonly number[]
  readonly payloadStart: number
  readonly about: KeyedInfo
}

const NONE: readonly never[] = Object.freeze([])

/**
 * Reads the envelope of `key` down to its payload.
 *
 * @param flags that it has to have
 * @throws GranaryError `CORRUPT` for anything but an intact envelope of a known version that was written for `key`
 */
export function open(envelope: Uint8Array, key: string, flags: number): Opened {
  if (!ArrayBuffer.isView(envelope)) throw corrupt('damaged', 'they are not bytes')
  const end = envelope.length - 4
  if (end + 4 < SMALLEST) throw corrupt('truncated', 'it is too short')
  const view = new DataView(envelope.buffer, envelope.byteOffset, envelope.length)
  if (envelope[0] !== MAGIC[0] || envelope[1] !== MAGIC[1] || envelope[2] !== MAGIC[2])
    throw corrupt('damaged', 'it does not begin as one')
  if (envelope[3] !== VERSION)
    throw corrupt('unknown-format', `its format version is ${envelope[3]}, this program reads ${VERSION}`)
  // A plain Uint8Array whatever the backend gave: what is sliced from it is plain too.
  const bytes = new Uint8Array(envelope.buffer, envelope.byteOffset, end)
  const tagsStart = FIXED + view.getUint32(56, true)
  const headEnd = tagsStart + view.getUint32(60, true)
  const payloadStart = headEnd + 1 + (headEnd < end ? (bytes[headEnd] as number) : 0) + 4
  const says = payloadStart > end ? Infinity : payloadStart + view.getUint32(payloadStart - 4, true)
  if (crc32(bytes) !== view.getUint32(end, true))
    throw says > end ? corrupt('truncated', 'it is cut short') : corrupt('damaged', 'its checksum does not match')
  if (envelope[4] !== flags)
    throw corrupt('unknown-format', `it has flags that are not those of this codec (${envelope[4]}, not ${flags})`)
  const content = envelope[5] as Content
  if (content > CONTENT_BYTES) throw corrupt('unknown-format', `its kind of content is not known (${content})`)
  if (says !== end) throw corrupt(says > end ? 'truncated' : 'damaged', 'its lengths do not add up')
  if (!isKey(key, bytes, FIXED, tagsStart)) throw otherKey(key, bytes.subarray(FIXED, tagsStart))
  return {
    bytes,
    headEnd,
    content,
    rawLength: view.getUint32(64, true),
    ids: bytes[headEnd] === 0 ? NONE : [...bytes.subarray(headEnd + 1, payloadStart - 4)],
    payloadStart,
    about: readAbout(view, key, readTags(view, tagsStart, headEnd)),
  }
}

function readAbout(view: DataView, key: string, tags: readonly string[]): KeyedInfo {
  return {
    key,
    namespace: parsePhysicalKey(key).namespace,
    tags,
    createdAt: view.getFloat64(8, true),
    freshUntil: view.getFloat64(16, true),
    staleUntil: view.getFloat64(24, true),
    computeMs: view.getFloat64(32, true),
    cost: view.getFloat64(40, true),
    since: view.getFloat64(48, true),
  }
}

function readTags(view: DataView, start: number, end: number): readonly string[] {
  const count = view.getUint16(6, true)
  const tags: string[] = []
  let at = start
  while (tags.length < count && at + 2 <= end) {
    const length = view.getUint16(at, true)
    if (at + 2 + length > end) break
    tags.push(Buffer.from(view.buffer as ArrayBuffer, view.byteOffset + at + 2, length).toString())
    at += 2 + length
  }
  if (tags.length !== count || at !== end) throw corrupt('damaged', 'its tags do not add up')
  return count === 0 ? NONE : tags
}

function isKey(key: string, bytes: Uint8Array, start: number, end: number): boolean {
  const length = end - start
  if (length === key.length) {
    let at = 0
    while (at < length && bytes[start + at] === key.charCodeAt(at) && key.charCodeAt(at) < 0x80) at++
    if (at === length) return true
  }
  return key.isWellFormed() && Buffer.compare(Buffer.from(key), bytes.subarray(start, end)) === 0
}

/** Tells whether it is another of the same namespace. */
function otherKey(key: string, found: Uint8Array): GranaryError {
  const { namespace } = parsePhysicalKey(Buffer.from(found).toString())
  return namespace === parsePhysicalKey(key).namespace
    ? corrupt('moved', 'it was written for another key')
    : corrupt('foreign-namespace', 'it was written for another namespace')
}

export function corrupt(reason: CorruptReason, why: string): GranaryError {
  return new GranaryError('CORRUPT', `the bytes are not an intact envelope of this key: ${why}`, { reason })
}
