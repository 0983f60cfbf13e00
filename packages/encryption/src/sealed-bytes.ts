import { headParts } from '@granary/codec/envelope'
import { GranaryError, parsePhysicalKey } from '@granary/core'

const LENGTH = 4

/**
 * What a seal is put on: the associated data, which are the entry's head and the stages that were applied, then the bytes. The
 * head stands in the open before it as well: the two have to be equal, and where they are not it can be told what was
 * changed.
 */
export function joined(associated: Uint8Array, bytes: Uint8Array): Uint8Array {
  const whole = Buffer.allocUnsafe(LENGTH + associated.length + bytes.length)
  whole.writeUInt32LE(associated.length)
  whole.set(associated, LENGTH)
  whole.set(bytes, LENGTH + associated.length)
  return whole
}

/**
 * The bytes of what was {@link joined}, sealed, and has been verified.
 *
 * @param open the associated data as it stands in the open
 * @throws GranaryError `CORRUPT` with what was changed as its reason, if that is not what was sealed
 */
export function bytesSealedWith(sealed: Uint8Array, open: Uint8Array): Uint8Array {
  const view = new DataView(sealed.buffer, sealed.byteOffset, sealed.byteLength)
  const start = LENGTH + view.getUint32(0, true)
  const associated = sealed.subarray(LENGTH, start)
  if (!isEqual(associated, open)) throw differenceOf(associated, open)
  return sealed.subarray(start)
}

function differenceOf(sealed: Uint8Array, open: Uint8Array): GranaryError {
  const was = headParts(sealed)
  const is = headParts(open)
  if (!isEqual(was.key, is.key)) {
    return namespaceOf(was.key) === namespaceOf(is.key)
      ? refusal('moved', 'they were sealed for another key')
      : refusal('foreign-namespace', 'they were sealed for another namespace')
  }
  if (!isEqual(was.tags, is.tags)) return refusal('retagged', 'their tags are not those that were sealed')
  if (!isEqual(was.times, is.times)) return refusal('aged', 'their times are not those that were sealed')
  return refusal('forged', 'their head is not the one that was sealed')
}

export function refusal(reason: NonNullable<GranaryError['reason']>, why: string): GranaryError {
  return new GranaryError('CORRUPT', `the seal refuses the bytes: ${why}`, { reason })
}

function namespaceOf(key: Uint8Array): string {
  return parsePhysicalKey(Buffer.from(key).toString()).namespace
}

function isEqual(one: Uint8Array, other: Uint8Array): boolean {
  return Buffer.compare(one, other) === 0
}
