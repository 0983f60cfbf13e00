import type { ComputeOptions } from './cache.js'
import { type Defaults, isTtl } from './call-options.js'
import type { Clock } from './clock.js'
import type { Ttl } from './duration.js'
import { mayBeDue } from './eager-refresh.js'
import type { Engine } from './engine.js'
import type { Listeners } from './events.js'
import type { Freshness } from './freshness.js'
import type { HeldEntry } from './held-entry.js'
import type { LayeredStore } from './layered-store.js'
import type { Mode } from './modes.js'
import type { Reporter } from './reporter.js'
import type { Scope } from './scope.js'
import type { Store } from './store.js'

/** The hits of one namespace that need no way through the engine: fresh entries of a layer in this process's memory. */
export class NearHits {
  readonly #store: LayeredStore
  readonly #clock: Clock
  readonly #scope: Scope
  readonly #reporter: Reporter
  readonly #listeners: Listeners
  readonly #usualMode: Mode
  readonly #usualEager: Freshness['eagerRefresh']
  readonly #hitsByDefault: boolean
  /** Has any call asked for entries to be refreshed while they are fresh? */
  #isEager: boolean
  /** The TTL that was found valid last: most calls give the same. */
  #checkedTtl: Ttl | undefined

  constructor({ store, clock, reporter }: Engine, scope: Scope, { mode, freshness }: Defaults) {
    this.#store = store
    this.#clock = clock
    this.#scope = scope
    this.#reporter = reporter
    this.#listeners = reporter.listeners
    this.#usualMode = mode
    this.#usualEager = freshness.eagerRefresh
    this.#hitsByDefault = mode === 'use'
    this.#isEager = freshness.eagerRefresh !== 1
  }

  /**
   * The memory hit, as short as it can be: one look-up, the time, one comparison for all invalidations. Whatever is
   * unusual gives `undefined` and is decided on the way through the engine.
   */
  find(key: string, options: ComputeOptions | undefined): HeldEntry | undefined {
    const { near, marks, agreement } = this.#store
    if (near === undefined || typeof key !== 'string') return undefined
    if (options === undefined ? !this.#hitsByDefault : !this.#mayHit(options)) return undefined
    const scope = this.#scope
    const physical = scope.path === '' && key.charCodeAt(0) !== 1 ? key : scope.physical(key)
    const now = this.#clock.now()
    if (now >= agreement.dueAt) agreement.lookAt(now)
    const entry = lookUp(near, physical)
    if (entry === undefined || now >= entry.freshUntil || entry.shape !== options?.shape) return undefined
    if (entry.since !== marks.position && !marks.spares(entry)) return undefined
    if (this.#isEager && this.#mayBeDue(entry, options, now)) return undefined
    if (scope.counters.nearHit(entry)) this.#measure(near, physical)
    if (this.#listeners.active) this.#reporter.nearHit({ scope, key, physical })
    return entry
  }

  /** Measures the look-up of a memory hit, by doing it once more: to time every one would cost as much as the hit. */
  #measure(near: Store, physical: string): void {
    const began = this.#clock.now()
    lookUp(near, physical)
    this.#scope.counters.tookForHit(this.#clock.now() - began)
  }

  /** Do these options let an entry be served without a closer look? */
  #mayHit(options: ComputeOptions | null): boolean {
    if (options === null) return false
    const { ttl, mode = this.#usualMode } = options
    if (options.eagerRefresh !== undefined) this.#isEager = true
    if (ttl !== undefined && ttl !== this.#checkedTtl) {
      if (!isTtl(ttl)) return false
      this.#checkedTtl = ttl
    }
    return mode === 'use' && options.signal?.aborted !== true
  }

  #mayBeDue(entry: HeldEntry, options: ComputeOptions | undefined, now: number): boolean {
    const eager = options?.eagerRefresh ?? this.#usualEager
    return eager !== 1 && mayBeDue(entry, eager, now)
  }
}

/** A local store's entry. If it fails, the engine asks again, and tells of it. */
function lookUp(near: Store, physical: string): HeldEntry | undefined {
  try {
    return near.get(physical) as HeldEntry | undefined
  } catch {
    return undefined
  }
}
