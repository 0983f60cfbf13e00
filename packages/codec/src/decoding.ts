import { type Awaitable, type Codec, type Decoded, type Entry, isPromise } from '@granary/core'
import type { StoredBytes } from './byte-store.js'

export type Decode = (key: string, entry: StoredBytes | undefined) => Awaitable<Entry | undefined>

/** Decodes what a store gave for a key; what is not intact is a miss that is reported. Never throws or rejects. */
export function decoder(codec: Codec, report: (key: string, error: unknown) => void): Decode {
  return (key, entry) => {
    if (entry === undefined) return undefined
    const miss = (error: unknown): undefined => {
      report(key, error)
    }
    try {
      const decoded = codec.decode(entry.value, key)
      if (!isPromise(decoded)) return asEntry(decoded, entry.since)
      return decoded.then((later) => asEntry(later, entry.since), miss)
    } catch (error) {
      return miss(error)
    }
  }
}

/** What the bytes say wins; only the position belongs to the backend. */
function asEntry({ value, about }: Decoded, since: number): Entry {
  const { namespace, tags, createdAt, freshUntil, staleUntil, computeMs, cost } = about
  return { value, namespace, tags, createdAt, freshUntil, staleUntil, computeMs, cost, since }
}
