import { crc32 } from 'node:zlib'
import { GranaryError, type KeyedInfo, namespacePath, physicalKey } from '@granary/core'

/** A key for tests: 32 bytes of one value. */
export function keyOf(byte: number): Uint8Array {
  return new Uint8Array(32).fill(byte)
}

/** What is known of an entry of the namespace `users`. */
export function infoOf(key = '42', info: Partial<KeyedInfo> = {}): KeyedInfo {
  const namespace = info.namespace ?? namespacePath('', 'users')
  return {
    namespace,
    tags: ['team'],
    createdAt: Date.UTC(2026, 0, 1),
    freshUntil: Date.UTC(2026, 0, 1, 1),
    staleUntil: Number.POSITIVE_INFINITY,
    computeMs: 12.5,
    cost: 0,
    since: 7,
    ...info,
    key: physicalKey(namespace, key),
  }
}

/** The error that an action throws or rejects with, which has to be of Granary's. */
export async function errorOf(action: () => unknown): Promise<GranaryError> {
  try {
    await action()
  } catch (error) {
    if (error instanceof GranaryError) return error
    throw error
  }
  throw new Error('it did not fail')
}

/** An envelope with its checksum made right, as an attacker would. */
export function repaired(envelope: Uint8Array): Uint8Array {
  const end = envelope.length - 4
  new DataView(envelope.buffer, envelope.byteOffset).setUint32(end, crc32(envelope.subarray(0, end)), true)
  return envelope
}

/** An envelope's parts, as `docs/format.md` has them. */
export interface Parts {
  head: Uint8Array
  ids: number[]
  payload: Uint8Array
}

export function partsOf(stored: Uint8Array): Parts {
  const envelope = Uint8Array.from(stored)
  const view = new DataView(envelope.buffer, envelope.byteOffset)
  const headEnd = 68 + view.getUint32(56, true) + view.getUint32(60, true)
  const idsEnd = headEnd + 1 + (envelope[headEnd] as number)
  return {
    head: envelope.slice(0, headEnd),
    ids: [...envelope.subarray(headEnd + 1, idsEnd)],
    payload: envelope.slice(idsEnd + 4, -4),
  }
}

/** An envelope of parts, with lengths and checksum that are right. */
export function envelopeOf({ head, ids, payload }: Parts): Uint8Array {
  const length = Buffer.alloc(4)
  length.writeUInt32LE(payload.length)
  return repaired(
    new Uint8Array(Buffer.concat([head, Uint8Array.of(ids.length, ...ids), length, payload, new Uint8Array(4)])),
  )
}
