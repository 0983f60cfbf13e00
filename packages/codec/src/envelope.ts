/** What writing and reading an envelope share; `docs/format.md` describes its bytes one by one. Numbers are little-endian. */
/** The first bytes, `GRN`, and the version of the format. */
export const MAGIC: readonly number[] = [0x47, 0x52, 0x4e]
export const VERSION = 1
/** Length of the part of the head whose fields have fixed places. */
export const FIXED = 68
/** Flags: the names in the head are concealed. */
export const CONCEALED = 1
/** Where in it the lengths of the key, the tags, and the serialized value stand. */
const KEY_LENGTH = 56
const TAGS_LENGTH = 60
const RAW_LENGTH = 64

/**
 * The length of the serialized value, before any stage: what a decompressed payload may at most come to.
 *
 * @param associated what a stage was given
 */
export function rawLength(associated: Uint8Array): number {
  return new DataView(associated.buffer, associated.byteOffset, associated.byteLength).getUint32(RAW_LENGTH, true)
}

/** An envelope's head with the ids of stages behind it: what a stage that runs after those is given. */
export function associatedData(bytes: Uint8Array, headEnd: number, ids: readonly number[]): Uint8Array {
  const associated = new Uint8Array(headEnd + ids.length)
  associated.set(bytes.subarray(0, headEnd))
  associated.set(ids, headEnd)
  return associated
}

/** The parts of an entry's head that say what the entry is. */
export interface HeadParts {
  /** The physical key, as UTF-8. */
  readonly key: Uint8Array
  /** The tags, each with its length. */
  readonly tags: Uint8Array
  /** The times, the cost and the position. */
  readonly times: Uint8Array
}

/** Takes the head apart that associated data begins with. */
export function headParts(associated: Uint8Array): HeadParts {
  const view = new DataView(associated.buffer, associated.byteOffset, associated.byteLength)
  const tagsStart = FIXED + view.getUint32(KEY_LENGTH, true)
  const headEnd = tagsStart + view.getUint32(TAGS_LENGTH, true)
  return {
    key: associated.subarray(FIXED, tagsStart),
    tags: associated.subarray(tagsStart, headEnd),
    times: associated.subarray(8, KEY_LENGTH),
  }
}
