import {
  type Awaitable,
  type Codec,
  type Entry,
  type EntryInfo,
  GranaryError,
  isPromise,
  type Refusal,
  refused,
  type SetItem,
  type SetOutcome,
} from '@granary/core'
import type { ByteStore } from './byte-store.js'

/** An item whose value became bytes, or did not. */
export type Encoding = { readonly item: SetItem<Uint8Array> } | { readonly failed: SetItem; readonly reason: Refusal }

export type Encode = (item: SetItem) => Awaitable<Encoding>

/** Encodes items; never throws or rejects, but reports. */
export function encoder(codec: Codec, report: (key: string, error: unknown) => void): Encode {
  return (item) => {
    const { key, entry, since } = item
    // Written out: a spread that leaves one property out costs more than the rest of this.
    const { namespace, tags, createdAt, freshUntil, staleUntil, computeMs, cost } = entry
    const about = { key, namespace, tags, createdAt, freshUntil, staleUntil, computeMs, cost, since: entry.since }
    const done = (value: Uint8Array): Encoding => ({ item: { key, entry: withValue(about, value), since } })
    const fail = (error: unknown): Encoding => {
      report(key, error)
      const unsupported = error instanceof GranaryError && error.code === 'UNSUPPORTED_VALUE'
      return { failed: item, reason: unsupported ? 'unsupported-value' : 'failed' }
    }
    try {
      const bytes = codec.encode(entry.value, about)
      return isPromise(bytes) ? bytes.then(done, fail) : done(bytes)
    } catch (error) {
      return fail(error)
    }
  }
}

function withValue(about: EntryInfo, value: Uint8Array): Entry<Uint8Array> {
  const { namespace, tags, createdAt, freshUntil, staleUntil, computeMs, cost, since } = about
  return { value, namespace, tags, createdAt, freshUntil, staleUntil, computeMs, cost, since }
}

/** Writes what was encoded. What was not is refused, and leaves no older value behind if it was set explicitly. */
export function write(store: ByteStore, encoding: Encoding): Awaitable<SetOutcome> {
  if ('item' in encoding) {
    const { key, entry, since } = encoding.item
    return store.set(key, entry, since)
  }
  const { failed, reason } = encoding
  if (failed.since !== undefined) return refused(reason)
  const deleted = store.delete(failed.key)
  return isPromise(deleted) ? deleted.then(() => refused(reason)) : refused(reason)
}

/** Writes a batch in one step where all of it was encoded, else one by one, so that its order is kept. */
export function writeMany(
  store: ByteStore,
  setMany: NonNullable<ByteStore['setMany']>,
  encodings: readonly Encoding[],
): Awaitable<SetOutcome[]> {
  const items: SetItem<Uint8Array>[] = []
  for (const encoding of encodings) if ('item' in encoding) items.push(encoding.item)
  if (items.length === encodings.length) return setMany.call(store, items)
  return all(encodings.map((encoding) => write(store, encoding)))
}

/** All results, as a promise only if one of them is one. */
export function all<T>(results: Awaitable<T>[]): Awaitable<T[]> {
  return results.some(isPromise) ? Promise.all(results) : (results as T[])
}
