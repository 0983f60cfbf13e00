import type { Saving } from './ledger.js'
import { physicalKey } from './namespace.js'
import { Counters } from './stats.js'

/** Longer keys are joined anew each time. */
const LONGEST_REMEMBERED = 256

/** A namespace of one cache: its path, its counts, and the physical form of its keys. */
export class Scope {
  readonly path: string
  readonly counters: Counters
  readonly #remembered: (scope: Scope) => void
  #physical = new Map<string, string>()
  #older = new Map<string, string>()

  /** @param remembered called for each key that is remembered */
  constructor(path: string, counters: Counters, remembered: (scope: Scope) => void) {
    this.path = path
    this.counters = counters
    this.#remembered = remembered
  }

  /** The key as stores know it. Remembered for keys used lately: joining strings costs more than a whole memory hit. */
  physical(key: string): string {
    if (this.path === '') return physicalKey('', key)
    return this.#physical.get(key) ?? this.#remember(key, this.#older.get(key) ?? physicalKey(this.path, key))
  }

  /** Forgets the keys that were not used since it was called last; false if none is left. */
  forgetUnused(): boolean {
    this.#older = this.#physical
    this.#physical = new Map()
    return this.#older.size > 0
  }

  #remember(key: string, physical: string): string {
    if (key.length > LONGEST_REMEMBERED) return physical
    this.#physical.set(key, physical)
    this.#remembered(this)
    return physical
  }
}

/** One key of one namespace. */
export interface Address {
  readonly scope: Scope
  readonly key: string
  /** The key as stores know it. */
  readonly physical: string
}

const MOST_SCOPES = 10_000
/** Keys that all namespaces remember together, before those that were not used lately are forgotten. */
const MOST_KEYS = 20_000

/** The namespaces of one cache that were made last, so that all views of one share its counts. */
export class Namespaces {
  readonly root: Scope
  readonly #layers: number
  readonly #known = new Map<string, Scope>()
  readonly #remembering = new Set<Scope>()
  #keys = 0

  readonly #onSaved: (saving: Saving) => void

  /** @param onSaved told of what hits saved, in the namespace that they were in */
  constructor(layers: number, onSaved: (saving: Saving) => void = () => {}) {
    this.#layers = layers
    this.#onSaved = onSaved
    this.root = this.#make('', undefined)
  }

  below(parent: Scope, path: string): Scope {
    const known = this.#known.get(path)
    if (known !== undefined) return known
    const scope = this.#make(path, parent.counters)
    this.#known.set(path, scope)
    if (this.#known.size > MOST_SCOPES) this.#known.delete(this.#known.keys().next().value as string)
    return scope
  }

  #make(path: string, parent: Counters | undefined): Scope {
    const counters = new Counters(this.#layers, parent, (hits, ms, cost) =>
      this.#onSaved({ namespace: path, hits, ms, cost }),
    )
    return new Scope(path, counters, (scope) => this.#remembered(scope))
  }

  #remembered(scope: Scope): void {
    this.#remembering.add(scope)
    if (++this.#keys < MOST_KEYS) return
    this.#keys = 0
    for (const each of this.#remembering) if (!each.forgetUnused()) this.#remembering.delete(each)
  }
}
