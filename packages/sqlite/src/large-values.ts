import { type Codec, isPromise } from '@granary/core'
import { pointerBytes, pointerIn } from './pointer.js'
import type { ValueFiles } from './value-files.js'

/** Encoded values from this many bytes on are kept in files of their own: SQLite would block the event loop for longer. */
export const LARGE: number = 4 * 1024 ** 2

/**
 * A codec whose large results are in files, and a pointer in their place. Files are written and read off the main thread.
 * One that is larger than the store, or that cannot be written, stays where it would have been, in the row: what is wrong is met, and told, there.
 */
export function withFiles(codec: Codec, files: ValueFiles, maxBytes: number): Codec {
  const keep = (bytes: Uint8Array) => {
    if (bytes.length < LARGE || bytes.length > maxBytes) return bytes
    return files.write(bytes).then(pointerBytes, () => bytes)
  }
  return {
    ...(codec.concealment !== undefined && { concealment: codec.concealment }),
    encode(value, about) {
      const bytes = codec.encode(value, about)
      return isPromise(bytes) ? bytes.then(keep) : keep(bytes)
    },
    decode(bytes, key) {
      const pointer = pointerIn(bytes)
      if (pointer === undefined) return codec.decode(bytes, key)
      return files.read(pointer).then((value) => codec.decode(value, key))
    },
  }
}
