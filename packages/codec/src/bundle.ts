import { crc32 } from 'node:zlib'
import { type Concealment, type KeyedInfo, namespacePath, parsePhysicalKey, physicalKey } from '@granary/core'
import { FIXED, headParts } from './envelope.js'
import { hiddenNames } from './hidden-names.js'
import { corrupt } from './read-envelope.js'

/** What writing and reading a bundle share; `docs/format.md` describes its bytes one by one. */
/** `GRB` and the version: an envelope begins otherwise. */
export const HEADER: Uint8Array = Uint8Array.of(0x47, 0x52, 0x42, 1)
/** Length of what stands before each envelope: its length, and the checksum of that, so that no other bytes are taken for one. */
export const FRAME = 8

const END_NAMESPACE = namespacePath('', 'granary bundle')
/** Under this key stands how it ends; no entry of a cache is exported or imported under it. */
export const END_KEY: string = physicalKey(END_NAMESPACE, 'end')

/** What stands at the end: with a seal, it is sealed as the entries are. */
export interface BundleEnd {
  /** How many there are. */
  readonly entries: number
  /** SHA-256 of all bytes before. */
  readonly sha256: Uint8Array
}

export function endInfo(now: number): KeyedInfo {
  const forever = Number.POSITIVE_INFINITY
  const times = { createdAt: now, freshUntil: forever, staleUntil: forever, computeMs: 0, cost: 0, since: 0 }
  return { key: END_KEY, namespace: END_NAMESPACE, tags: [], ...times }
}

export function frameOf(length: number): Uint8Array {
  const frame = Buffer.alloc(FRAME)
  frame.writeUInt32LE(length)
  frame.writeUInt32LE(crc32(frame.subarray(0, 4)), 4)
  return frame
}

/** The length that a frame says; `undefined` for what is none. */
export function lengthIn(frame: Uint8Array): number | undefined {
  const view = new DataView(frame.buffer, frame.byteOffset, FRAME)
  return crc32(frame.subarray(0, 4)) === view.getUint32(4, true) ? view.getUint32(0, true) : undefined
}

/** Reads the key that an envelope says it was written for; whether that is true, decoding it tells. */
export function storedKey(concealment: Concealment | undefined): (envelope: Uint8Array) => string {
  const reveal = concealment && hiddenNames(concealment).revealKey
  return (envelope) => {
    const end = envelope.length - 4
    if (end <= FIXED) throw corrupt('truncated', 'it is too short')
    const checksum = new DataView(envelope.buffer, envelope.byteOffset).getUint32(end, true)
    // First of all, so that damage is not taken for anything else.
    if (crc32(envelope.subarray(0, end)) !== checksum) throw corrupt('damaged', 'its checksum does not match')
    const stored = Buffer.from(headParts(envelope).key).toString()
    const key = reveal === undefined ? stored : reveal(stored)
    const { namespace, key: own } = parsePhysicalKey(key)
    if (physicalKey(namespace, own) !== key) throw corrupt('damaged', 'its key is none that a cache asks for')
    return key
  }
}
