import type { Awaitable } from './awaitable.js'
import type { KeyedInfo } from './entry.js'

/**
 * Turns a value into bytes and back. `about` is the entry's key and metadata: a codec binds the bytes to them, so that
 * bytes which were moved to another key are refused.
 */
export interface Codec {
  /** @throws GranaryError `UNSUPPORTED_VALUE` for a value that would not come back as it was */
  encode(value: unknown, about: KeyedInfo): Awaitable<Uint8Array>
  /**
   * The value, with the metadata that the bytes carry: it is covered by their checksum, unlike what a backend keeps
   * beside them, and therefore wins.
   *
   * @throws GranaryError `CORRUPT` for anything but intact bytes that were written for `key`
   */
  decode(bytes: Uint8Array, key: string): Awaitable<Decoded>
  /** Where it is given, no store is shown a key, namespace or tag as it is; {@link Codec.encode} and `decode` take them as they are. */
  readonly concealment?: Concealment
}

/**
 * Hides names from a store that still has to tell which are equal, and to give them back. Each name has one hidden form at
 * its place; forms are text without `;` and `:`.
 */
export interface Concealment {
  /** @param place what the name is of, and where: what is called alike elsewhere does not look alike */
  hide(name: string, place: string): string
  /** @throws GranaryError `CORRUPT` for what `hide` did not make for this place */
  reveal(hidden: string, place: string): string
}

/** What {@link Codec.decode} gives back. */
export interface Decoded {
  readonly value: unknown
  readonly about: KeyedInfo
}

/**
 * One step of a codec after serialization, such as compression or a seal. Stages run in the order given when
 * encoding and in reverse when decoding.
 */
export interface CodecStage {
  /** Number from 1 to 255 that names the stage in stored bytes; `docs/format.md` lists those taken. */
  readonly id: number
  readonly name: string
  /**
   * Bytes that the stage has not been applied to are refused when decoding: without that, whoever can write to the store
   * could leave a seal out. Default: false.
   */
  readonly required?: boolean
  /** Makes the codec conceal names; at most one of its stages does. */
  readonly concealment?: Concealment
  /**
   * The new bytes, or `undefined` to leave them as they are: the stage is then not named in the envelope.
   *
   * @param associated the envelope's head, which says what the bytes belong to: a seal covers it (associated data, RFC 5116)
   */
  encode(bytes: Uint8Array, associated: Uint8Array): Awaitable<Uint8Array | undefined>
  /** @throws GranaryError `CORRUPT` for bytes that `encode` did not make with this `associated` data */
  decode(bytes: Uint8Array, associated: Uint8Array): Awaitable<Uint8Array>
}
