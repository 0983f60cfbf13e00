import { type Awaitable, all, chain, isPromise } from './awaitable.js'
import type { Clock } from './clock.js'
import type { Found } from './found.js'
import type { GuardedStore } from './guarded-store.js'
import type { HeldEntry } from './held-entry.js'
import type { LayerOutcomes } from './layer-outcomes.js'
import type { Marks, Token } from './marks.js'
import { placedIn } from './placed-entry.js'
import { type Position, refused, type SetItem, type SetOutcome } from './store.js'

/** One value to be written to all layers; see {@link WriteThrough.write}. */
export interface Write {
  readonly key: string
  readonly held: HeldEntry
  readonly token?: Token
}

/** Writes values to all layers, and to the nearer ones what was found farther away. */
export class WriteThrough {
  readonly #layers: readonly GuardedStore[]
  readonly #marks: Marks
  readonly #clock: Clock
  readonly #underWay = new Set<Promise<unknown>>()

  constructor(layers: readonly GuardedStore[], marks: Marks, clock: Clock) {
    this.#layers = layers
    this.#marks = marks
    this.#clock = clock
  }

  /** Ends what is done beside the calls. */
  async settle(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.all(this.#underWay)
  }

  /**
   * Writes to all layers, in this turn. With a token it is a computation's result, refused by every layer whose history
   * has moved on; without one it is an explicit set. The caller has asked the marks already.
   */
  write(key: string, held: HeldEntry, token?: Token): Awaitable<LayerOutcomes> {
    this.#marks.touch(key)
    const outcomes = this.#layers.map((layer, i) => {
      const item = this.#prepare(layer, i, key, held, token)
      if (!('entry' in item)) return item
      const set = layer.set(key, item.entry, item.since)
      return chain(set, (outcome) => this.#replaced(layer, key, token, outcome))
    })
    return chain(all(outcomes), (settled) => this.#agree(key, held, settled))
  }

  /** As {@link WriteThrough.write} for many, each layer asked once. */
  writeMany(items: readonly Write[]): Awaitable<LayerOutcomes[]> {
    for (const { key } of items) this.#marks.touch(key)
    const byLayer = this.#layers.map((layer, i) => this.#setManyIn(layer, i, items))
    return chain(all(byLayer), (layers) =>
      items.map(({ key, held }, n) =>
        this.#agree(
          key,
          held,
          layers.map((outcomes) => outcomes[n] ?? refused('failed')),
        ),
      ),
    )
  }

  /** Writes to the nearest layer, if it is of this process's memory, and to no other. */
  setNear(key: string, held: HeldEntry): void {
    const layer = this.#layers[0] as GuardedStore
    if (!layer.store.local) return
    const item = this.#item(layer, key, held, undefined)
    if ('entry' in item) this.#aside(layer.set(key, item.entry, undefined))
  }

  /** Has the nearest layer, if it is of this process's memory, keep what was found farther away, with the life that it has. */
  keepNear({ held, layer }: Found, token: Token): void {
    if (layer > 0 && this.#layers[0]?.store.local) this.promote(1, held, token)
  }

  /** Stores what was found in the layers before `end`, unless it was overtaken while it was read. */
  promote(end: number, held: HeldEntry, token: Token): void {
    if (this.#marks.refusal(token, held) !== undefined) return
    for (const [i, layer] of this.#layers.slice(0, end).entries()) {
      const item = this.#prepare(layer, i, token.key, held, token)
      if ('entry' in item) this.#aside(layer.set(item.key, item.entry, item.since))
    }
  }

  #setManyIn(layer: GuardedStore, i: number, items: readonly Write[]): Awaitable<SetOutcome[]> {
    const prepared = items.map(({ key, held, token }) => this.#prepare(layer, i, key, held, token))
    const accepted = prepared.filter((item): item is SetItem => 'entry' in item)
    return chain(layer.setMany(accepted), (outcomes) => {
      const rest = outcomes.values()
      return prepared.map((item, n) => {
        if (!('entry' in item)) return item
        const { key, token } = items[n] as Write
        return this.#replaced(layer, key, token, rest.next().value ?? refused('failed'))
      })
    })
  }

  /** What a layer is to be given, or why it is given nothing. A computed value needs the position that the layer had. */
  #prepare(
    layer: GuardedStore,
    i: number,
    key: string,
    held: HeldEntry,
    token: Token | undefined,
  ): SetItem | SetOutcome {
    if (!layer.hasHistory) return this.#item(layer, key, held, undefined)
    const since = token?.at[i]
    if (token === undefined || since !== undefined) return this.#item(layer, key, held, since)
    return this.#replaced(layer, key, token, refused('forgotten'))
  }

  /** What a layer holds is older than what did not come in; it must not outlive what was to replace it. */
  #replaced(layer: GuardedStore, key: string, token: Token | undefined, outcome: SetOutcome): SetOutcome {
    const isOlder = !outcome.stored && (outcome.reason === 'failed' || outcome.reason === 'forgotten')
    if (isOlder && token?.replaces) this.#aside(layer.delete(key))
    return outcome
  }

  #item(layer: GuardedStore, key: string, held: HeldEntry, since: Position | undefined): SetItem | SetOutcome {
    const now = layer.store.policy?.longestLife === undefined ? 0 : this.#clock.now()
    const entry = layer.attempt('set', () => placedIn(layer.store, held, since, now))
    if (entry !== undefined) return { key, entry, since }
    this.#aside(layer.delete(key))
    return refused('unsupported-value')
  }

  /** If a layer's history says that there is something newer, the nearer ones must not keep ours. */
  #agree(key: string, held: HeldEntry, outcomes: LayerOutcomes): LayerOutcomes {
    const contradicted = outcomes.findLastIndex(
      (outcome) => !outcome.stored && (outcome.reason === 'overtaken' || outcome.reason === 'invalidated'),
    )
    for (let i = 0; i < contradicted; i++) {
      const layer = this.#layers[i] as GuardedStore
      if (layer.store.local) layer.dropExactly(key, held)
      else this.#aside(layer.delete(key))
    }
    return outcomes
  }

  /** Work that no caller waits for; it never rejects. */
  #aside(work: Awaitable<unknown>): void {
    if (!isPromise(work)) return
    this.#underWay.add(work)
    void work.then(() => this.#underWay.delete(work))
  }
}
