import type { EntryInfo, KeyedInfo } from './entry.js'
import type { GuardedStore } from './guarded-store.js'
import type { StoreStats } from './store.js'

/** What is done to layers apart from reading and writing: listing, tidying up, counting, closing. */
export class Upkeep {
  readonly #layers: readonly GuardedStore[]
  readonly #isKept: (layer: GuardedStore, info: EntryInfo) => boolean

  /** @param isKept is an entry of a layer neither invalidated nor gone? */
  constructor(layers: readonly GuardedStore[], isKept: (layer: GuardedStore, info: EntryInfo) => boolean) {
    this.#layers = layers
    this.#isKept = isKept
  }

  /** Every entry that is neither expired nor invalidated, once: the nearer layers', then what only a farther one has. */
  async *entries(): AsyncGenerator<KeyedInfo> {
    const seen = new Set<string>()
    for (const layer of this.#layers) {
      const isLast = layer === this.#layers.at(-1)
      for await (const info of layer.entries()) {
        if (seen.has(info.key) || !this.#isKept(layer, info)) continue
        if (!isLast) seen.add(info.key)
        yield info
      }
    }
  }

  /** Removes what has expired or was invalidated, in every layer that can; how many. */
  async prune(): Promise<number> {
    let removed = 0
    for (const layer of this.#layers) {
      removed += await layer.maintain('prune', 0, () => layer.store.prune?.())
      if (layer.store.local) removed += this.#pruneLocal(layer)
    }
    return removed
  }

  /** A local store does not know what was invalidated: it is gone through in one turn, so that nothing is set meanwhile. */
  #pruneLocal(layer: GuardedStore): number {
    const listed = layer.attempt('entries', () => [...((layer.store.entries?.() ?? []) as Iterable<KeyedInfo>)]) ?? []
    const dead = listed.filter((info) => !this.#isKept(layer, info))
    for (const { key } of dead) void layer.delete(key)
    return dead.length
  }

  /** Applies the limits of every layer; how many entries were removed. */
  async evict(): Promise<number> {
    const evicting = this.#layers.map((layer) => layer.maintain('evict', 0, () => layer.store.evict?.()))
    return (await Promise.all(evicting)).reduce((sum, count) => sum + count, 0)
  }

  stats(): Promise<StoreStats[]> {
    const none = { entries: 0, bytes: 0 }
    return Promise.all(this.#layers.map((layer) => layer.maintain('stats', none, () => layer.store.stats?.())))
  }

  async close(): Promise<void> {
    await Promise.all(this.#layers.map((layer) => layer.maintain('close', undefined, () => layer.store.close?.())))
  }
}
