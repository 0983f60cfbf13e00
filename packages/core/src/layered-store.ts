import { Agreement } from './agreement.js'
import { type Awaitable, all, chain, isPromise } from './awaitable.js'
import type { Clock } from './clock.js'
import { type Entry, type EntryInfo, lifeOf } from './entry.js'
import { GranaryError } from './errors.js'
import { type Found, ifFresh, ifValue, isFreshValue, type Wanted } from './found.js'
import type { FailureListener } from './guard.js'
import { GuardedStore } from './guarded-store.js'
import { formStored, HeldEntry, hold, type Shape, type Values, valueIn } from './held-entry.js'
import type { LayerOutcomes } from './layer-outcomes.js'
import { Marks, type Token } from './marks.js'
import { withinLife } from './placed-entry.js'
import type { Look, Mark, Store, StoreOperation } from './store.js'
import { Upkeep } from './upkeep.js'
import { type Write, WriteThrough } from './write-through.js'

type Watcher = (layer: number, operation: StoreOperation, error: unknown) => void

/**
 * Stores stacked nearest first: reads go down, what is found is promoted up with the life that it has left, writes go
 * through to all. A layered store among them is taken apart into its layers. It holds this process's history of
 * invalidations, which judges the entries of every layer that has no history of its own.
 */
export class LayeredStore {
  readonly marks: Marks
  readonly layers: readonly GuardedStore[]
  readonly agreement: Agreement
  readonly writing: WriteThrough
  readonly upkeep: Upkeep
  /** The nearest layer, as long as it answers at once from this process's memory and owes nothing. */
  near: Store | undefined
  #isOver = false
  readonly #clock: Clock
  readonly #values: Values
  #watcher: Watcher = () => {}

  constructor(stores: readonly Store[], clock: Clock, values: Values) {
    if (stores.length === 0)
      throw new GranaryError('INVALID_OPTION', 'a cache needs at least one layer, such as memory()')
    for (const [i, store] of stores.entries()) checkStore(store, i)
    const flat = stores.flatMap((store) => store.layers ?? [store])
    if (new Set(flat).size < flat.length)
      throw new GranaryError('INVALID_OPTION', 'the same store is in two layers: make one for each')
    this.marks = new Marks(clock.now())
    this.#clock = clock
    this.#values = values
    const lookAtNear = () => this.#lookAtNear()
    this.layers = flat.map((store, i) => {
      const onFailure: FailureListener = (operation, error) => this.#watcher(i, operation, error)
      return new GuardedStore(store, this.marks, clock, onFailure, lookAtNear)
    })
    this.writing = new WriteThrough(this.layers, this.marks, clock)
    this.agreement = new Agreement(this.layers, this.marks, clock)
    this.upkeep = new Upkeep(this.layers, (layer, info) => this.#isKept(layer, info, clock.now()))
    this.#lookAtNear()
  }

  #lookAtNear(): void {
    const [first] = this.layers
    const answers = first?.store.local === true && first.owed.size === 0 && !this.#isOver
    this.near = answers ? first.store : undefined
  }

  /** Gives no more hits without a way through the engine. */
  end(): void {
    this.#isOver = true
    this.#lookAtNear()
  }

  /** Ends what is done beside the calls, tries once more to have the layers forget what they owe, and closes them. */
  async close(): Promise<void> {
    this.agreement.close()
    await this.writing.settle()
    await Promise.all(this.layers.map(({ owed }) => owed.settle()))
    await this.upkeep.close()
  }

  /** Takes the one who is told of failures, with the index of the layer that failed. */
  watch(watcher: Watcher): void {
    this.#watcher = watcher
  }

  /** The nearest fresh entry, promoted to the layers above it. `token` must have begun before, and learns the positions. */
  read(token: Token, shape?: Shape): Awaitable<Found | undefined> {
    return chain(this.readAny(token, shape), ifFresh)
  }

  /** The nearest entry that is wanted (a fresh value, by default), or else the nearest that has a value, though it be stale. */
  readAny(token: Token, shape?: Shape, wanted: Wanted = isFreshValue): Awaitable<Found | undefined> {
    this.agreement.look()
    return this.#readFrom(0, token, shape, wanted, undefined)
  }

  #readFrom(
    first: number,
    token: Token,
    shape: Shape | undefined,
    wanted: Wanted,
    nearest: Found | undefined,
  ): Awaitable<Found | undefined> {
    let best = nearest
    for (let i = first; i < this.layers.length; i++) {
      const look: Look = {}
      const entry = (this.layers[i] as GuardedStore).get(token.key, look)
      if (isPromise(entry)) {
        const sofar = best
        return entry.then((late) => {
          const found = this.#accept(i, late, look, token, shape)
          return found && wanted(found) ? found : this.#readFrom(i + 1, token, shape, wanted, sofar ?? ifValue(found))
        })
      }
      const found = this.#accept(i, entry, look, token, shape)
      if (found !== undefined && wanted(found)) return found
      best ??= ifValue(found)
    }
    return best
  }

  /** Learns the positions of all layers without wanting what they hold; each layer is asked once. */
  async look(tokens: readonly Token[]): Promise<void> {
    const keys = tokens.map(({ key }) => key)
    await all(
      this.layers.map((layer, i) => {
        if (!layer.hasHistory) return undefined
        const looks = tokens.map((): Look => ({}))
        return chain(layer.getMany(keys, looks), () => {
          for (const [n, token] of tokens.entries()) token.at[i] = looks[n]?.at
        })
      }),
    )
  }

  /**
   * As {@link LayeredStore.readAny} for many, each layer asked once for all that the nearer ones did not have.
   *
   * @param wanted for each, in the order of the tokens
   */
  async readMany(tokens: readonly Token[], shape?: Shape, wanted?: readonly Wanted[]): Promise<(Found | undefined)[]> {
    this.agreement.look()
    const found = new Map<Token, Found>()
    const best = new Map<Token, Found>()
    const wantedBy = new Map(tokens.map((token, i) => [token, wanted?.[i] ?? isFreshValue]))
    for (const [i, layer] of this.layers.entries()) {
      const missing = tokens.filter((token) => !found.has(token))
      if (missing.length === 0) break
      const looks = missing.map((): Look => ({}))
      const entries = await layer.getMany(
        missing.map(({ key }) => key),
        looks,
      )
      missing.forEach((token, n) => {
        const accepted = this.#accept(i, entries[n], looks[n] as Look, token, shape)
        if (accepted === undefined) return
        if (wantedBy.get(token)?.(accepted)) found.set(token, accepted)
        else if (!best.has(token) && ifValue(accepted)) best.set(token, accepted)
      })
    }
    return tokens.map((token) => found.get(token) ?? best.get(token))
  }

  /** Writes to all layers; see {@link WriteThrough.write}. */
  write(key: string, held: HeldEntry, token?: Token): Awaitable<LayerOutcomes> {
    this.agreement.look()
    return this.writing.write(key, held, token)
  }

  /** As {@link LayeredStore.write} for many, each layer asked once. */
  writeMany(items: readonly Write[]): Awaitable<LayerOutcomes[]> {
    this.agreement.look()
    return this.writing.writeMany(items)
  }

  /** Was there something to delete, in any layer? */
  delete(key: string): Awaitable<boolean> {
    this.marks.touch(key)
    return chain(all(this.layers.map((layer) => this.#deleteFrom(layer, key))), (deleted) => deleted.includes(true))
  }

  deleteMany(keys: readonly string[]): Awaitable<boolean[]> {
    for (const key of keys) this.marks.touch(key)
    const deleting = this.layers.map((layer) => {
      return layer.store.local ? all(keys.map((key) => this.#deleteFrom(layer, key))) : layer.deleteMany(keys)
    })
    return chain(all(deleting), (layers) => keys.map((_, n) => layers.some((deleted) => deleted[n] === true)))
  }

  /** Makes marks: this process's at once, then each layer's. */
  async invalidate(marks: readonly Mark[]): Promise<void> {
    for (const mark of marks) this.marks.add(mark)
    await all(this.layers.map((layer) => layer.invalidate(marks)))
  }

  #deleteFrom(layer: GuardedStore, key: string): Awaitable<boolean> {
    if (!layer.store.local) return layer.delete(key)
    const entry = layer.attempt('get', () => layer.store.get(key)) as Entry | undefined
    const counts = entry !== undefined && this.#isKept(layer, entry, this.#clock.now())
    return chain(layer.delete(key), (deleted) => deleted && counts)
  }

  #accept(i: number, entry: Entry | undefined, look: Look, token: Token, shape?: Shape): Found | undefined {
    token.at[i] = look.at
    if (entry === undefined) return undefined
    const layer = this.layers[i] as GuardedStore
    const now = this.#clock.now()
    const held = this.#isKept(layer, entry, now) ? this.#inForm(layer, entry, token, now, shape) : undefined
    if (held === undefined) return undefined
    const isFresh = lifeOf(held, now) === 'fresh'
    if (isFresh) this.writing.promote(held === entry || !layer.store.local ? i : i + 1, held, token)
    return { held, layer: i, isFresh }
  }

  /** What a layer gave, in the form asked for; `undefined` if it does not fit that form any more. */
  #inForm(layer: GuardedStore, entry: Entry, token: Token, now: number, shape?: Shape): HeldEntry | undefined {
    // Only what this process's marks judge may be shared with it: others would have its position moved under them.
    const isOwn = layer.store.local && entry instanceof HeldEntry
    if (isOwn && (shape === undefined || entry.shape === shape || entry.rejection !== undefined)) return entry
    return layer.attempt('get', () => {
      const formed = formStored(entry instanceof HeldEntry ? valueIn(entry) : entry.value, shape)
      return formed && hold(formed.value, withinLife(entry, now), token.since, this.#values, shape, formed.stored)
    })
  }

  /** Is the entry neither invalidated nor gone? */
  #isKept(layer: GuardedStore, info: EntryInfo, now: number): boolean {
    if (!layer.hasHistory && this.marks.invalidated(info.since, info)) return false
    return lifeOf(info, now) !== 'expired'
  }
}

function checkStore(store: unknown, i: number): void {
  const methods = ['get', 'set', 'delete', 'clear'] as const
  const candidate = store as Partial<Store> | null | undefined
  if (typeof candidate === 'object' && methods.every((name) => typeof candidate?.[name] === 'function')) return
  throw new GranaryError('INVALID_OPTION', `layer ${i} is no store: give what a backend returns, such as memory()`)
}
