import type { HeldEntry } from './held-entry.js'
import { Latencies, type Latency, latencyIn } from './latencies.js'
import type { Saving } from './ledger.js'
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
  /** The cost of every hit's entry, added up, in the unit of `run.cost`. */
  readonly savedCost: number
  /**
   * What hits saved since the records of the farthest layer begin that keeps accounts (SQLite does), by all processes up to
   * the last few seconds; where none does, since this cache was made.
   */
  readonly saved: Omit<Saving, 'namespace'>
  /** How long callers waited for a hit, and computations took; a sample of both. */
  readonly latency: { readonly hit: Latency; readonly compute: Latency }
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
  /** How long its reads and writes took, a sample of them; of the whole cache, also in a namespace's stats. */
  readonly latency: { readonly get: Latency; readonly set: Latency }
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

/** One in so many is measured; a power of two. */
const MEASURED_NEAR_HITS = 1_024
const MEASURED_HITS = 8

/** How many namespaces may have hits that were not passed on yet. */
const MOST_UNSETTLED = 1_000

type OnSaved = (hits: number, ms: number, cost: number) => void

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
  savedCost = 0
  stores = 0
  readonly refusals: Partial<Record<Refusal, number>> = {}
  /** Hits of the nearest layer since they were last passed on: a memory hit is too fast to count in several places. */
  #nearHits = 0
  #nearSavedMs = 0
  #nearSavedCost = 0
  #hits = 0
  #hitLatencies: Latencies | undefined
  #computeLatencies: Latencies | undefined
  readonly #onSaved: OnSaved
  /** Of the whole cache: those with hits to pass on. */
  readonly #unsettled: Counters[]

  /** @param onSaved told of what hits of this very namespace saved */
  constructor(layers: number, parent?: Counters, onSaved: OnSaved = () => {}) {
    this.parent = parent
    this.#onSaved = onSaved
    this.hitsByLayer = new Array(layers).fill(0)
    this.#unsettled = parent === undefined ? [] : parent.#unsettled
  }

  /** Counts a hit of the nearest layer; true if it is one of the few to be measured. */
  nearHit(entry: HeldEntry): boolean {
    const before = this.#nearHits++
    this.#nearSavedMs += entry.computeMs
    if (entry.cost !== 0) this.#nearSavedCost += entry.cost
    if ((before & (MEASURED_NEAR_HITS - 1)) !== 0) return false
    if (before === 0) this.#unsettle()
    return true
  }

  hit(layer: number, computeMs: number, cost: number): void {
    this.#addHits(layer, 1, computeMs, cost)
  }

  staleHit({ computeMs, cost }: HeldEntry): void {
    this.count('staleHits')
    this.#save(1, computeMs, cost)
  }

  /** Is the next hit that is not of the nearest layer to be measured? */
  measuresHit(): boolean {
    return (this.#hits++ & (MEASURED_HITS - 1)) === 0
  }

  tookForHit(ms: number): void {
    for (let each: Counters | undefined = this; each !== undefined; each = each.parent) {
      each.#hitLatencies ??= new Latencies()
      each.#hitLatencies.record(ms)
    }
  }

  count(what: Count): void {
    for (let each: Counters | undefined = this; each !== undefined; each = each.parent) each[what]++
  }

  computed(ms: number): void {
    for (let each: Counters | undefined = this; each !== undefined; each = each.parent) {
      each.computeMs += ms
      each.#computeLatencies ??= new Latencies()
      each.#computeLatencies.record(ms)
    }
    this.count('computations')
  }

  refused(reason: Refusal): void {
    for (let each: Counters | undefined = this; each !== undefined; each = each.parent) {
      each.refusals[reason] = (each.refusals[reason] ?? 0) + 1
    }
  }

  /** The counts so far, with what the layers say of themselves. */
  snapshot(
    cache: Pick<CacheStats, 'inFlight' | 'marks' | 'saved'>,
    layers: readonly Omit<LayerStats, 'hits'>[],
  ): CacheStats {
    this.settle()
    const hits = this.hitsByLayer.reduce((sum, count) => sum + count, 0)
    const { misses, staleHits, negativeHits, refreshes, throttled } = this
    const { computations, computeFailures, computeMs, savedMs, savedCost, stores } = this
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
      savedCost,
      latency: { hit: latencyIn(this.#hitLatencies), compute: latencyIn(this.#computeLatencies) },
      stores,
      refusals: { ...this.refusals },
      ...cache,
      layers: layers.map((layer, i) => ({ ...layer, hits: this.hitsByLayer[i] ?? 0 })),
    }
  }

  #addHits(layer: number, count: number, ms: number, cost: number): void {
    for (let each: Counters | undefined = this; each !== undefined; each = each.parent)
      each.hitsByLayer[layer] = (each.hitsByLayer[layer] ?? 0) + count
    this.#save(count, ms, cost)
  }

  #save(hits: number, ms: number, cost: number): void {
    for (let each: Counters | undefined = this; each !== undefined; each = each.parent) {
      each.savedMs += ms
      each.savedCost += cost
    }
    this.#onSaved(hits, ms, cost)
  }

  #unsettle(): void {
    if (this.#unsettled.length >= MOST_UNSETTLED) this.settle()
    this.#unsettled.push(this)
  }

  /** Passes on the hits of all namespaces of the cache. */
  settle(): void {
    for (const counters of this.#unsettled.splice(0)) {
      counters.#addHits(0, counters.#nearHits, counters.#nearSavedMs, counters.#nearSavedCost)
      counters.#nearHits = 0
      counters.#nearSavedMs = 0
      counters.#nearSavedCost = 0
    }
  }
}
