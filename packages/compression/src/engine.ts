import type { Awaitable } from '@granary/core'

/** Longer bytes are worked on off the main thread: below, the way there and back costs more than it frees. */
export const LONGEST_ON_THREAD: number = 64 * 1024

/** Something that compresses, in one format. */
export interface Engine {
  /** The bytes in at most `most` bytes; `undefined` where they do not become as few. */
  compress(bytes: Uint8Array, level: number, most: number): Awaitable<Uint8Array | undefined>
  /**
   * What was compressed, which has this length. Of anything longer no more is made than that, and a little.
   *
   * @throws GranaryError `CORRUPT` for what would be longer; an error of the engine's own for what is none of its bytes
   */
  decompress(bytes: Uint8Array, length: number): Awaitable<Uint8Array>
}
