import type { Awaitable, Entry, Look, Store } from '@granary/core'

/** What is needed of a stored entry to decode it: all else that is known of it stands in its bytes. */
export type StoredBytes = Pick<Entry<Uint8Array>, 'value' | 'since'>

/** A store of bytes, which need not read an entry's metadata to give the entry back. Every `Store<Uint8Array>` is one. */
export interface ByteStore extends Omit<Store<Uint8Array>, 'get' | 'getMany'> {
  get(key: string, look?: Look): Awaitable<StoredBytes | undefined>
  getMany?(keys: readonly string[], looks?: readonly Look[]): Awaitable<(StoredBytes | undefined)[]>
}
