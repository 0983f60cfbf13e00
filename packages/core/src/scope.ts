import { physicalKey } from './namespace.js'
import { Counters } from './stats.js'

const REMEMBERED_KEYS = 2_000
const LONGEST_REMEMBERED = 256

/** A namespace of one cache: its path, its counts, and the physical form of its keys. */
export class Scope {
  readonly path: string
  readonly counters: Counters
  #physical = new Map<string, string>()
  #older = new Map<string, string>()

  constructor(path: string, counters: Counters) {
    this.path = path
    this.counters = counters
  }

  /** The key as stores know it. Remembered for keys used lately: joining strings costs more than a whole memory hit. */
  physical(key: string): string {
    if (this.path === '') return physicalKey('', key)
    return this.#physical.get(key) ?? this.#remember(key, this.#older.get(key) ?? physicalKey(this.path, key))
  }

  #remember(key: string, physical: string): string {
    if (key.length > LONGEST_REMEMBERED) return physical
    this.#physical.set(key, physical)
    if (this.#physical.size >= REMEMBERED_KEYS) {
      this.#older = this.#physical
      this.#physical = new Map()
    }
    return physical
  }
}

const MOST_SCOPES = 10_000

/** The namespaces of one cache that were used last, so that all views of one share its counts. */
export class Scopes {
  readonly root: Scope
  readonly #layers: number
  readonly #known = new Map<string, Scope>()

  constructor(layers: number) {
    this.#layers = layers
    this.root = new Scope('', new Counters(layers))
  }

  below(parent: Scope, path: string): Scope {
    const known = this.#known.get(path)
    if (known !== undefined) return known
    const scope = new Scope(path, new Counters(this.#layers, parent.counters))
    this.#known.set(path, scope)
    if (this.#known.size > MOST_SCOPES) this.#known.delete(this.#known.keys().next().value as string)
    return scope
  }
}
