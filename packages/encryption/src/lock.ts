import type { Awaitable } from '@granary/core'

/** More bytes than these are worked on off the main thread: up to them it takes a few milliseconds. */
export const LONGEST_ON_THREAD: number = 1024 ** 2

/** One way to make bytes safe with a key. */
export interface Lock {
  /** How many bytes it adds. */
  readonly added: number
  /** The header as it is, which is covered too, and behind it the bytes, closed. */
  close(header: Uint8Array, bytes: Uint8Array): Awaitable<Uint8Array>
  /** The bytes; `undefined` for anything that `close` did not make with this key and header. */
  open(header: Uint8Array, closed: Uint8Array): Awaitable<Uint8Array | undefined>
}
