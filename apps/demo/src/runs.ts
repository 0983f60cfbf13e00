import type { Cache } from '@granary/core'

/** What one run of the demo did. */
export interface RunRecord {
  /** Milliseconds since the Unix epoch. */
  readonly at: number
  readonly tookMs: number
  readonly computed: number
  readonly replayed: number
  readonly savedMs: number
}

const REMEMBERED = 12

/** Adds a run to those over the same corpus, and gives them, the oldest first: all that the cache remembers. */
export async function withRunsBefore(cache: Cache, root: string, run: RunRecord): Promise<readonly RunRecord[]> {
  const runs = cache.namespace('runs')
  const before = (await runs.get<readonly RunRecord[]>(root)) ?? []
  const all = [...before, run].slice(-REMEMBERED)
  await runs.set(root, all)
  return all
}
