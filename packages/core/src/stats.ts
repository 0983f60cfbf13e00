import type { Refusal } from './store.js'

/** What a cache, or one namespace of it with all below, has done since it was made. Times in milliseconds. */
export interface CacheStats {
  /** Calls answered with a fresh value. */
  readonly hits: number
  readonly misses: number
  /** Calls answered with a stale value; one that waited for a computation first is a miss as well. */
  readonly staleHits: number
  /** Calls answered with a cached rejection. */
  readonly negativeHits: number
  /** `(hits + staleHits) / (hits + staleHits + misses)`; 0 before the first read. */
  readonly hitRate: number
  /** Computations that succeeded. */
  readonly computations: number
  readonly computeFailures: number
  /** Computations of a value that was there already, stale or nearly so. */
  readonly refreshes: number
  /** Stale hits for which no refresh was tried, since one had failed lately. */
  readonly throttled: number
  readonly computeMs: number
  /** The computing time of every hit's entry, added up. */
  readonly savedMs: number
  /** Values kept in all layers. */
  readonly stores: number
  /** Values not kept by the cache or by one of its layers, by reason. */
  readonly refusals: Readonly<Partial<Record<Refusal, number>>>
  /** Runs that are under way and can be joined; of the whole cache, also in a namespace's stats. */
  readonly inFlight: number
  /** Invalidations that this process remembers (bounded); of the whole cache, also in a namespace's stats. */
  readonly marks: number
  /** Nearest first. */
  readonly layers: readonly LayerStats[]
}

export interface LayerStats {
  readonly name: string
  /** Reads that this layer answered. */
  readonly hits: number
  /** Operations that failed; of the whole cache, also in a namespace's stats. */
  readonly failures: number
  /** Of the whole layer, also in a namespace's stats. */
  readonly entries: number
  readonly bytes: number
}

type Count =
  | 'misses'
  | 'staleHits'
  | 'negativeHits'
  | 'refreshes'
  | 'throttled'
  | 'stores'
  | 'computations'
  | 'computeFailures'

/** How many namespaces may have hits that were not passed on yet. */
const MOST_UNSETTLED = 1_000

/** Counts for one namespace; each count goes to the namespaces that contain it too. */
export class Counters {
  readonly parent: Counters | undefined
  readonly hitsByLayer: number[]
  misses = 0
  staleHits = 0
  negativeHits = 0
  refreshes = 0
  throttled = 0
  computations = 0
  computeFailures = 0
  computeMs = 0
  savedMs = 0
  stores = 0
  readonly refusals: Partial<Record<Refusal, number>> = {}
  /** Hits of the nearest layer since they were last passed on: a memory hit is too fast to count in several places. */
  #nearHits = 0
  #nearSavedMs = 0
  /** Of the whole cache: those with hits to pass on. */
  readonly #unsettled: Counters[]

  constructor(layers: number, parent?: Counters) {
    this.parent = parent
    this.hitsByLayer = new Array(layers).fill(0)
    this.#unsettled = parent === undefined ? [] : parent.#unsettled
  }

  nearHit(computeMs: number): void {
    if (this.#nearHits++ === 0) this.#unsettle()
    this.#nearSavedMs += computeMs
  }

  hit(layer: number, computeMs: number): void {
    this.#addHits(layer, 1, computeMs)
  }

  staleHit(computeMs: number): void {
    this.count('staleHits')
    for (let each: Counters | undefined = this; each !== undefined; each = each.parent) each.savedMs += computeMs
  }

  count(what: Count): void {
    for (let each: Counters | undefined = this; each !== undefined; each = each.parent) each[what]++
  }

  computed(ms: number): void {
    for (let each: Counters | undefined = this; each !== undefined; each = each.parent) each.computeMs += ms
    this.count('computations')
  }

  refused(reason: Refusal): void {
    for (let each: Counters | undefined = this; each !== undefined; each = each.parent) {
      each.refusals[reason] = (each.refusals[reason] ?? 0) + 1
    }
  }

  /** The counts so far, with what the layers say of themselves. */
  snapshot(cache: Pick<CacheStats, 'inFlight' | 'marks'>, layers: readonly Omit<LayerStats, 'hits'>[]): CacheStats {
    this.#settle()
    const hits = this.hitsByLayer.reduce((sum, count) => sum + count, 0)
    const { misses, staleHits, negativeHits, refreshes, throttled } = this
    const { computations, computeFailures, computeMs, savedMs, stores } = this
    const answered = hits + staleHits
    return {
      hits,
      misses,
      staleHits,
      negativeHits,
      hitRate: answered + misses === 0 ? 0 : answered / (answered + misses),
      computations,
      computeFailures,
      refreshes,
      throttled,
      computeMs,
      savedMs,
      stores,
      refusals: { ...this.refusals },
      ...cache,
      layers: layers.map((layer, i) => ({ ...layer, hits: this.hitsByLayer[i] ?? 0 })),
    }
  }

  #addHits(layer: number, count: number, savedMs: number): void {
    for (let each: Counters | undefined = this; each !== undefined; each = each.parent) {
      each.hitsByLayer[layer] = (each.hitsByLayer[layer] ?? 0) + count
      each.savedMs += savedMs
    }
  }

  #unsettle(): void {
    if (this.#unsettled.length >= MOST_UNSETTLED) this.#settle()
    this.#unsettled.push(this)
  }

  /** Passes on the hits of all namespaces of the cache. */
  #settle(): void {
    for (const counters of this.#unsettled.splice(0)) {
      counters.#addHits(0, counters.#nearHits, counters.#nearSavedMs)
      counters.#nearHits = 0
      counters.#nearSavedMs = 0
    }
  }
}
