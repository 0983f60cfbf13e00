import type { Entry, KeyedInfo } from '@granary/core'

/** An entry for tests: of the root namespace, without tags, fresh forever, unless `info` says otherwise. */
export function entryOf<V>(value: V, info: Partial<Omit<Entry, 'value'>> = {}): Entry<V> {
  return {
    namespace: '',
    tags: [],
    createdAt: 1,
    freshUntil: Number.POSITIVE_INFINITY,
    staleUntil: Number.POSITIVE_INFINITY,
    computeMs: 0,
    cost: 0,
    since: 0,
    ...info,
    value,
  }
}

/** The key and metadata of an entry, without its value. */
export function infoOf(key: string, entry: Entry): KeyedInfo {
  const { namespace, tags, createdAt, freshUntil, staleUntil, computeMs, cost, since, rejection } = entry
  const info = { key, namespace, tags, createdAt, freshUntil, staleUntil, computeMs, cost, since }
  return rejection === undefined ? info : { ...info, rejection }
}
