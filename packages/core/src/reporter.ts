import { Chronicle } from './chronicle.js'
import type { Clock } from './clock.js'
import { digest } from './digest.js'
import { type CacheEvent, type KeyEvent, Listeners, type StaleReason } from './events.js'
import { type Explanation, explainMiss } from './explain.js'
import type { Found } from './found.js'
import { acknowledgement, type LayerOutcomes } from './layer-outcomes.js'
import type { LayeredStore } from './layered-store.js'
import type { Allowed } from './modes.js'
import type { Savings } from './savings.js'
import type { Address } from './scope.js'
import type { Mark, Refusal, StoreOperation } from './store.js'

/** Counts what happens, and tells those who listen. */
export class Reporter {
  readonly listeners: Listeners = new Listeners()
  /** Failures of each layer. */
  readonly failures: number[]
  readonly chronicle: Chronicle
  readonly #names: readonly string[]
  readonly #debug: boolean
  readonly #savings: Savings

  constructor(store: LayeredStore, clock: Clock, debug: boolean, savings: Savings) {
    this.#savings = savings
    this.#names = store.layers.map((layer) => layer.store.name)
    this.#debug = debug
    this.failures = this.#names.map(() => 0)
    this.chronicle = new Chronicle(store, clock)
    const told = this.#names.map(() => new Map<StoreOperation, unknown>())
    store.watch((layer, operation, error) => {
      this.failures[layer] = (this.failures[layer] ?? 0) + 1
      this.chronicle.failed(layer)
      // A layer that is off fails every call with one error object: that is one thing to tell.
      if (error instanceof Error && told[layer]?.get(operation) === error) return
      told[layer]?.set(operation, error)
      this.listeners.emit({ type: 'failure', layer: this.#name(layer), operation, error })
    })
  }

  /** A layer had an entry, or none had. */
  read(address: Address, found: Found | undefined): void {
    const { counters } = address.scope
    if (found === undefined) {
      counters.count('misses')
      this.#tell(address, { type: 'miss' })
      if (this.#debug && this.listeners.active) void this.#explainMiss(address)
    } else {
      counters.hit(found.layer, found.held.computeMs, found.held.cost)
      this.#tell(address, { type: 'hit', layer: this.#name(found.layer) })
    }
  }

  /** A value was read in a way of the user's own, of which no layer and no saved time are known. */
  replayed(address: Address): void {
    address.scope.counters.hit(0, 0, 0)
    this.#tell(address, { type: 'hit', layer: this.#name(0) })
  }

  /** What was found answers a request: a value, a rejection, or what is stale while refreshes are held back. */
  answered(address: Address, found: Found): void {
    if (found.held.rejection !== undefined) {
      address.scope.counters.count('negativeHits')
      this.#tell(address, { type: 'negative-hit', kind: found.held.rejection })
    } else if (found.isFresh) this.read(address, found)
    else this.stale(address, found, 'retry-after')
  }

  /** A caller was given a stale value. */
  stale(address: Address, { held, layer }: Found, reason: StaleReason): void {
    const { counters } = address.scope
    counters.staleHit(held)
    if (reason === 'retry-after') counters.count('throttled')
    this.#tell(address, { type: 'stale-hit', layer: this.#name(layer), reason })
  }

  /** A value that is there is going to be computed anew. */
  refreshing(address: Address): void {
    address.scope.counters.count('refreshes')
    this.#tell(address, { type: 'refresh' })
  }

  /** The nearest layer had an entry, and it was answered and counted at once. */
  nearHit(address: Address): void {
    this.#tell(address, { type: 'hit', layer: this.#name(0) })
  }

  computed(address: Address, ms: number): void {
    address.scope.counters.computed(ms)
    this.#tell(address, { type: 'compute', ms })
  }

  failed(address: Address, ms: number): void {
    address.scope.counters.count('computeFailures')
    this.chronicle.unkept(address.physical, 'computation-failed')
    this.#tell(address, { type: 'compute-failure', ms })
  }

  timedOut(address: Address): void {
    this.#tell(address, { type: 'timeout' })
  }

  deleted(address: Address): void {
    this.#tell(address, { type: 'delete' })
  }

  /** Somebody who debugs was told why: the key is told with it. */
  explained({ scope, key, physical }: Address, explanation: Explanation): void {
    const keyDigest = digest(physical).slice(0, 16)
    this.listeners.emit({ type: 'explain', namespace: scope.path, keyDigest, key, explanation })
  }

  /** A namespace, or tags, were invalidated. */
  invalidated(marks: readonly Mark[], event: CacheEvent): void {
    this.chronicle.invalidated(marks)
    this.listeners.emit(event)
  }

  /** Tags were invalidated. */
  tagsInvalidated(tags: readonly string[]): void {
    this.chronicle.invalidated(tags.map((tag) => ({ tag })))
    if (!this.listeners.active) return
    const tagDigests = tags.map(shortDigest)
    this.listeners.emit({ type: 'invalidate', tagDigests, ...(this.#debug && { tags }) })
  }

  /** A layer's feed had a gap. */
  missedNews(layer: number): void {
    this.listeners.emit({ type: 'gap', layer: this.#name(layer) })
  }

  /** What the layers made of a write; true if it is acknowledged. */
  written(address: Address, outcomes: LayerOutcomes): boolean {
    for (const [i, outcome] of outcomes.entries()) {
      if (!outcome.stored) this.#count(address, outcome.reason, this.#name(i))
      if (i !== this.chronicle.layer) continue
      if (outcome.stored) this.chronicle.stored(address.physical)
      else this.chronicle.unkept(address.physical, outcome.reason)
    }
    this.#savings.wrote()
    if (!acknowledgement(outcomes).stored) return false
    address.scope.counters.count('stores')
    this.#tell(address, { type: 'store' })
    return true
  }

  /** A value was not kept, by the cache as a whole. */
  refused(request: Address & { readonly allowed: Allowed }, reason: Refusal): void {
    // A call that was not to store anything says nothing about its key.
    if (request.allowed.stores) this.chronicle.unkept(request.physical, reason)
    this.#count(request, reason)
  }

  #count(address: Address, reason: Refusal, layer?: string): void {
    address.scope.counters.refused(reason)
    this.#tell(address, layer === undefined ? { type: 'refuse', reason } : { type: 'refuse', reason, layer })
  }

  /** Asks at once, before anything is stored. */
  async #explainMiss(address: Address): Promise<void> {
    this.explained(address, explainMiss(await this.chronicle.fate(address.physical)))
  }

  #tell({ scope, key, physical }: Address, what: WithoutKey<CacheEvent>): void {
    if (!this.listeners.active) return
    const about: KeyEvent = {
      namespace: scope.path,
      keyDigest: shortDigest(physical),
      ...(this.#debug && { key }),
    }
    this.listeners.emit({ ...what, ...about } as CacheEvent)
  }

  #name(layer: number): string {
    return this.#names[layer] ?? ''
  }
}

/** Enough of a digest to tell texts apart. */
function shortDigest(text: string): string {
  return digest(text).slice(0, 16)
}

/** What is said of an event besides its key. */
type WithoutKey<E> = E extends KeyEvent ? Omit<E, keyof KeyEvent> : never
