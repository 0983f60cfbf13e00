import type { Clock } from './clock.js'
import type { GuardedStore } from './guarded-store.js'
import type { Ledger, Saving } from './ledger.js'

/** Time between two times that savings are written, in ms, as long as something else is written too. */
const WRITE_AFTER = 5_000
/** Namespaces of which savings are held: what others save counts for the whole cache. */
const MOST_NAMESPACES = 10_000

/**
 * What hits saved. No hit is written: what was added up meanwhile goes to the farthest layer that keeps accounts along with
 * other writes, every few seconds at most, and when the cache is closed. Where none does, it lasts as long as the process.
 */
export class Savings {
  readonly #layer: GuardedStore | undefined
  readonly #clock: Clock
  #collect: () => void = () => {}
  #held = new Map<string, Saving>()
  #writtenAt: number

  constructor(layers: readonly GuardedStore[], clock: Clock) {
    this.#layer = layers.findLast(({ store }) => store.ledger !== undefined)
    this.#clock = clock
    this.#writtenAt = clock.now()
  }

  /** Takes what has all hits so far added. */
  from(collect: () => void): void {
    this.#collect = collect
  }

  add({ namespace, hits, ms, cost }: Saving): void {
    const known = this.#held.get(namespace)
    if (known === undefined && namespace !== '' && this.#held.size >= MOST_NAMESPACES) {
      this.add({ namespace: '', hits, ms, cost })
      return
    }
    const { hits: hadHits = 0, ms: hadMs = 0, cost: hadCost = 0 } = known ?? {}
    this.#held.set(namespace, { namespace, hits: hadHits + hits, ms: hadMs + ms, cost: hadCost + cost })
  }

  /** Something else was written. */
  wrote(): void {
    if (this.#layer !== undefined && this.#clock.now() >= this.#writtenAt + WRITE_AFTER) void this.write()
  }

  /** Writes what was added up. What cannot be written is kept. */
  async write(): Promise<void> {
    this.#writtenAt = this.#clock.now()
    this.#collect()
    if (this.#layer === undefined || this.#held.size === 0) return
    const savings = [...this.#held.values()]
    this.#held = new Map()
    const written = await this.#ask(false, async (ledger) => {
      await ledger.add(savings)
      return true
    })
    if (!written) for (const saving of savings) this.add(saving)
  }

  /** The savings of a namespace and those below it, so far. */
  async read(path: string): Promise<Saving[]> {
    this.#collect()
    const held = [...this.#held.values()].filter(({ namespace }) => namespace.startsWith(path))
    const sums = new Map<string, Saving>()
    for (const saving of [...(await this.#ask<readonly Saving[]>([], (ledger) => ledger.read(path))), ...held]) {
      const { namespace } = saving
      sums.set(namespace, sum(namespace, [sums.get(namespace), saving]))
    }
    return [...sums.values()]
  }

  #ask<T>(otherwise: T, question: (ledger: Ledger) => T | Promise<T>): Promise<T> {
    const layer = this.#layer
    const { ledger } = layer?.store ?? {}
    if (layer === undefined || ledger === undefined) return Promise.resolve(otherwise)
    return layer.maintain('savings', otherwise, () => question(ledger))
  }
}

export function sum(namespace: string, savings: readonly (Saving | undefined)[]): Saving {
  const total = { hits: 0, ms: 0, cost: 0 }
  for (const saving of savings) {
    total.hits += saving?.hits ?? 0
    total.ms += saving?.ms ?? 0
    total.cost += saving?.cost ?? 0
  }
  return { namespace, ...total }
}
