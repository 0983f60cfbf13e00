import type { Entry } from '@granary/core'

/** An entry that is fresh forever. */
export function entryOf(value: unknown, info: Partial<Entry> = {}): Entry {
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
