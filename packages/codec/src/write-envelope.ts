import { crc32 } from 'node:zlib'
import { GranaryError, type KeyedInfo } from '@granary/core'
import { FIXED, MAGIC, VERSION } from './envelope.js'
import type { Content } from './serialize.js'

const MAX_UINT16 = 0xffff
const MAX_UINT32 = 0xffff_ffff

const fixed = new Uint8Array(FIXED)
const fixedView = new DataView(fixed.buffer)
fixed.set([...MAGIC, VERSION])

/** An envelope in the making: all but the checksum is written. */
export interface Draft {
  readonly bytes: Uint8Array
  /** Where the head ends and the count of stages stands. */
  readonly headEnd: number
}

/** Writes an envelope without stages around a payload, which is copied; {@link finish} makes it whole. */
export function draft(about: KeyedInfo, flags: number, content: Content, payload: Uint8Array): Draft {
  const { key, tags } = about
  if (!key.isWellFormed()) throw new GranaryError('INVALID_KEY', 'a key with a lone surrogate cannot be stored')
  const keyLength = Buffer.byteLength(key)
  const tagBytes = tags.length === 0 ? undefined : writeTags(tags)
  const tagsLength = tagBytes?.length ?? 0
  if (payload.length > MAX_UINT32)
    throw new GranaryError('UNSUPPORTED_VALUE', 'a value of 4 GiB or more cannot be kept')
  const headEnd = FIXED + keyLength + tagsLength
  const bytes = Buffer.allocUnsafe(headEnd + 1 + 4 + payload.length + 4)
  writeFixed(about, content, keyLength, tagsLength, payload.length)
  fixed[4] = flags
  bytes.set(fixed, 0)
  bytes.write(key, FIXED)
  if (tagBytes !== undefined) bytes.set(tagBytes, FIXED + keyLength)
  bytes[headEnd] = 0
  bytes.writeUInt32LE(payload.length, headEnd + 1)
  bytes.set(payload, headEnd + 5)
  return { bytes, headEnd }
}

function writeFixed(about: KeyedInfo, content: Content, keyLength: number, tagsLength: number, rawLength: number) {
  fixed[5] = content
  fixedView.setUint16(6, about.tags.length, true)
  fixedView.setFloat64(8, about.createdAt, true)
  fixedView.setFloat64(16, about.freshUntil, true)
  fixedView.setFloat64(24, about.staleUntil, true)
  fixedView.setFloat64(32, about.computeMs, true)
  fixedView.setFloat64(40, about.cost, true)
  fixedView.setFloat64(48, about.since, true)
  fixedView.setUint32(56, keyLength, true)
  fixedView.setUint32(60, tagsLength, true)
  fixedView.setUint32(64, rawLength, true)
}

function writeTags(tags: readonly string[]): Uint8Array {
  const parts = tags.map((tag) => {
    const length = Buffer.byteLength(tag)
    if (!tag.isWellFormed() || length > MAX_UINT16 || tags.length > MAX_UINT16)
      throw new GranaryError('INVALID_KEY', 'a tag with a lone surrogate, of over 65,535 bytes, or one of over 65,535')
    const part = Buffer.allocUnsafe(2 + length)
    part.writeUInt16LE(length)
    part.write(tag, 2)
    return part
  })
  return Buffer.concat(parts)
}

/** Writes the checksum, where no stage changed the payload. */
export function finish({ bytes }: Draft): Uint8Array {
  writeChecksum(bytes)
  return bytes
}

/** The envelope with the payload that stages made of a draft's. */
export function finishStaged(draft: Draft, ids: readonly number[], payload: Uint8Array): Uint8Array {
  if (payload.length > MAX_UINT32)
    throw new GranaryError('UNSUPPORTED_VALUE', 'a value of 4 GiB or more cannot be kept')
  const { headEnd } = draft
  const bytes = Buffer.allocUnsafe(headEnd + 1 + ids.length + 4 + payload.length + 4)
  bytes.set(draft.bytes.subarray(0, headEnd))
  bytes[headEnd] = ids.length
  bytes.set(ids, headEnd + 1)
  bytes.writeUInt32LE(payload.length, headEnd + 1 + ids.length)
  bytes.set(payload, headEnd + 1 + ids.length + 4)
  writeChecksum(bytes)
  return bytes
}

function writeChecksum(bytes: Uint8Array): void {
  const end = bytes.length - 4
  const checksum = crc32(bytes.subarray(0, end))
  bytes[end] = checksum
  bytes[end + 1] = checksum >>> 8
  bytes[end + 2] = checksum >>> 16
  bytes[end + 3] = checksum >>> 24
}
