import { type Awaitable, all, chain, isPromise } from './awaitable.js'
import { type Clock, systemClock } from './clock.js'
import { type Entry, type EntryInfo, type KeyedInfo, lifeOf } from './entry.js'
import { GranaryError } from './errors.js'
import type { FailureListener } from './guard.js'
import { GuardedStore } from './guarded-store.js'
import { HeldEntry, hold, type Shape, type Values, valueIn } from './held-entry.js'
import { Marks, type Token } from './marks.js'
import {
  type Look,
  type Mark,
  type Position,
  refused,
  type SetItem,
  type SetOutcome,
  STORED,
  type Store,
  type StoreFailure,
  type StoreOperation,
  type StoreStats,
} from './store.js'

/** A fresh entry, and the index of the layer that answered. */
export interface Found {
  readonly held: HeldEntry
  readonly layer: number
}

/** One value to be written to all layers; see {@link LayeredStore.write}. */
export interface Write {
  readonly key: string
  readonly held: HeldEntry
  readonly token?: Token
}

type Watcher = (layer: number, operation: StoreOperation, error: unknown) => void

/** What each layer made of a write. */
export type LayerOutcomes = readonly SetOutcome[]

/**
 * Stores stacked nearest first: reads go down, what is found is promoted up with the life that it has left, writes go
 * through to all. A layered store among them is taken apart into its layers. It holds this process's history of invalidations, which judges the entries of every layer that has no
 * history of its own.
 */
export class LayeredStore implements Store {
  readonly name: string
  readonly marks: Marks
  readonly layers: readonly GuardedStore[]
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
    const flat = stores.flatMap((store) =>
      store instanceof LayeredStore ? store.layers.map((layer) => layer.store) : [store],
    )
    this.name = flat.map((store) => store.name).join(' > ')
    this.marks = new Marks(clock.now())
    this.#clock = clock
    this.#values = values
    const lookAtNear = () => this.#lookAtNear()
    this.layers = flat.map((store, i) => {
      const onFailure: FailureListener = (operation, error) => this.#watcher(i, operation, error)
      return new GuardedStore(store, this.marks, clock, onFailure, lookAtNear)
    })
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

  /** True if a layer keeps what it acknowledged through a crash of the process. */
  get durable(): boolean {
    return this.layers.some(({ store }) => store.durable === true)
  }

  observe(listener: (failure: StoreFailure) => void): void {
    this.#watcher = (_, operation, error) => listener({ operation, error })
  }

  /** As {@link LayeredStore.observe}, with the index of the layer that failed. */
  watch(watcher: Watcher): void {
    this.#watcher = watcher
  }

  /** The nearest fresh entry, promoted to the layers above it. `token` must have begun before, and learns the positions. */
  read(token: Token, shape?: Shape): Awaitable<Found | undefined> {
    return chain(this.#readFrom(0, token, shape, undefined), (found) => this.#ifFresh(found))
  }

  /** The nearest fresh entry, or, if there is none, the nearest stale one. */
  #readFrom(first: number, token: Token, shape?: Shape, stale?: Found): Awaitable<Found | undefined> {
    let best = stale
    for (let i = first; i < this.layers.length; i++) {
      const look: Look = {}
      const entry = (this.layers[i] as GuardedStore).get(token.key, look)
      if (isPromise(entry)) {
        const sofar = best
        return entry.then((late) => {
          const found = this.#accept(i, late, look, token, shape)
          return this.#ifFresh(found) ?? this.#readFrom(i + 1, token, shape, sofar ?? found)
        })
      }
      const found = this.#accept(i, entry, look, token, shape)
      if (this.#ifFresh(found) !== undefined) return found
      best ??= found
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

  /** As {@link LayeredStore.read} for many, each layer asked once for all that the nearer ones did not have. */
  async readMany(tokens: readonly Token[], shape?: Shape): Promise<(Found | undefined)[]> {
    const found = new Map<Token, Found>()
    for (const [i, layer] of this.layers.entries()) {
      const missing = tokens.filter((token) => !found.has(token))
      if (missing.length === 0) break
      const looks = missing.map((): Look => ({}))
      const entries = await layer.getMany(
        missing.map(({ key }) => key),
        looks,
      )
      missing.forEach((token, n) => {
        const accepted = this.#ifFresh(this.#accept(i, entries[n], looks[n] as Look, token, shape))
        if (accepted !== undefined) found.set(token, accepted)
      })
    }
    return tokens.map((token) => found.get(token))
  }

  /**
   * Writes to all layers, in this turn. With a token it is a computation's result, refused by every layer whose history
   * has moved on; without one it is an explicit set. The caller has asked the marks already.
   */
  write(key: string, held: HeldEntry, token?: Token): Awaitable<LayerOutcomes> {
    this.marks.touch(key)
    const outcomes = this.layers.map((layer, i) => {
      const item = this.#prepare(layer, i, key, held, token)
      return 'entry' in item ? layer.set(key, item.entry, item.since) : item
    })
    return chain(all(outcomes), (settled) => this.#agree(key, held, settled))
  }

  /** As {@link LayeredStore.write} for many, each layer asked once. */
  writeMany(items: readonly Write[]): Awaitable<LayerOutcomes[]> {
    for (const { key } of items) this.marks.touch(key)
    const byLayer = this.layers.map((layer, i) => this.#setManyIn(layer, i, items))
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

  #setManyIn(layer: GuardedStore, i: number, items: readonly Write[]): Awaitable<SetOutcome[]> {
    const prepared = items.map(({ key, held, token }) => this.#prepare(layer, i, key, held, token))
    const accepted = prepared.filter((item): item is SetItem => 'entry' in item)
    return chain(layer.setMany(accepted), (outcomes) => {
      const rest = outcomes.values()
      return prepared.map((item) => ('entry' in item ? (rest.next().value ?? refused('failed')) : item))
    })
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

  async clear(): Promise<void> {
    await this.invalidate([{ namespace: '' }])
  }

  /** Every entry that is neither expired nor invalidated, once: the nearer layers', then what only a farther one has. */
  async *entries(): AsyncGenerator<KeyedInfo> {
    const seen = new Set<string>()
    for (const [i, layer] of this.layers.entries()) {
      const isLast = i === this.layers.length - 1
      for await (const info of layer.entries()) {
        if (seen.has(info.key) || !this.#isKept(layer, info)) continue
        if (!isLast) seen.add(info.key)
        yield info
      }
    }
  }

  /** Removes what has expired or was invalidated, in every layer; how many. */
  async prune(): Promise<number> {
    let removed = 0
    for (const layer of this.layers) {
      removed += await layer.maintain('prune', 0, () => layer.store.prune?.())
      if (layer.store.local) removed += this.#pruneLocal(layer)
    }
    return removed
  }

  /** A local store does not know what was invalidated: it is gone through in one turn, so that nothing is set meanwhile. */
  #pruneLocal(layer: GuardedStore): number {
    const listed = layer.attempt('entries', () => [...((layer.store.entries?.() ?? []) as Iterable<KeyedInfo>)]) ?? []
    const dead = listed.filter((info) => !this.#isKept(layer, info)).map(({ key }) => key)
    for (const key of dead) void layer.delete(key)
    return dead.length
  }

  async evict(): Promise<number> {
    const removed = await Promise.all(
      this.layers.map((layer) => layer.maintain('evict', 0, () => layer.store.evict?.())),
    )
    return removed.reduce((sum, count) => sum + count, 0)
  }

  /** Of the farthest layer, which holds the most. */
  async stats(): Promise<StoreStats> {
    return (await this.layerStats()).at(-1) as StoreStats
  }

  layerStats(): Promise<StoreStats[]> {
    return Promise.all(
      this.layers.map((layer) => layer.maintain('stats', { entries: 0, bytes: 0 }, () => layer.store.stats?.())),
    )
  }

  async close(): Promise<void> {
    await Promise.all(this.layers.map((layer) => layer.maintain('close', undefined, () => layer.store.close?.())))
  }

  /** The face of a store, for a layered store that is itself a layer. The engine uses `read` and `write`. */
  get(key: string, look?: Look): Awaitable<Entry | undefined> {
    const token = this.marks.begin(key)
    if (look === undefined) return chain(this.#readFrom(0, token), (found) => this.#ended(token, found))
    this.marks.rememberKeys()
    // All positions are wanted, also of the layers that a hit does not come to.
    return this.look([token]).then(() =>
      chain(this.#readFrom(0, token), (found) => {
        look.at = [token.since, ...token.at]
        return this.#ended(token, found)
      }),
    )
  }

  set(key: string, entry: Entry, since?: Position): Awaitable<SetOutcome> {
    if (since === undefined) return this.#setHeld(key, entry, this.marks.position)
    const [began, ...at] = Array.isArray(since) ? (since as readonly (Position | undefined)[]) : []
    if (typeof began !== 'number') return refused('forgotten')
    const reason = this.marks.refusalSince(began, key, entry)
    if (reason !== undefined) return refused(reason)
    const token = this.marks.begin(key)
    token.at.push(...at)
    this.marks.end(token)
    return this.#setHeld(key, entry, began, token)
  }

  #setHeld(key: string, entry: Entry, since: number, token?: Token): Awaitable<SetOutcome> {
    try {
      return chain(this.write(key, hold(entry.value, entry, since, this.#values), token), acknowledgement)
    } catch {
      return chain(this.delete(key), () => refused('unsupported-value'))
    }
  }

  #ended(token: Token, found: Found | undefined): Entry | undefined {
    this.marks.end(token)
    return found?.held
  }

  #deleteFrom(layer: GuardedStore, key: string): Awaitable<boolean> {
    if (!layer.store.local) return layer.delete(key)
    const entry = layer.attempt('get', () => layer.store.get(key)) as Entry | undefined
    const counts = entry !== undefined && this.#isKept(layer, entry)
    return chain(layer.delete(key), (deleted) => deleted && counts)
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
    return token !== undefined && since === undefined ? refused('forgotten') : this.#item(layer, key, held, since)
  }

  #item(layer: GuardedStore, key: string, held: HeldEntry, since: Position | undefined): SetItem | SetOutcome {
    const { longestLife } = layer.store
    if (layer.store.local)
      return { key, entry: longestLife === undefined ? held : this.#capped(held, longestLife), since }
    const stored = layer.attempt('set', () => ({ value: valueIn(held) }))
    if (stored !== undefined) {
      const entry = forLayer(layer, held, since, stored.value)
      return { key, entry: longestLife === undefined ? entry : this.#capped(entry, longestLife), since }
    }
    void layer.delete(key)
    return refused('unsupported-value')
  }

  /** The entry with no more than `longest` ms to live. It keeps its class: a local store gives it back as it is. */
  #capped(entry: Entry, longest: number): Entry {
    const end = this.#clock.now() + longest
    if (entry.staleUntil <= end) return entry
    const life = { freshUntil: Math.min(entry.freshUntil, end), staleUntil: end }
    return Object.assign(Object.create(Object.getPrototypeOf(entry)), entry, life)
  }

  #accept(i: number, entry: Entry | undefined, look: Look, token: Token, shape?: Shape): Found | undefined {
    token.at[i] = look.at
    const layer = this.layers[i] as GuardedStore
    if (entry === undefined || !this.#isKept(layer, entry)) return undefined
    const held = this.#inForm(layer, entry, token, shape)
    if (held === undefined) return undefined
    if (this.#isFresh(held)) this.#promote(held === entry || !layer.store.local ? i : i + 1, held, token)
    return { held, layer: i }
  }

  #inForm(layer: GuardedStore, entry: Entry, token: Token, shape: Shape | undefined): HeldEntry | undefined {
    if (entry instanceof HeldEntry && (shape === undefined || entry.shape === shape)) return entry
    return layer.attempt('get', () => this.#hold(entry, token, shape))
  }

  /** Takes in what a layer gave, in the form asked for; `undefined` if it does not fit that form any more. */
  #hold(entry: Entry, token: Token, shape: Shape | undefined): HeldEntry | undefined {
    const stored = entry instanceof HeldEntry ? valueIn(entry) : entry.value
    const value = shape === undefined ? stored : shape.fromStored(stored)
    if (shape !== undefined && value === undefined) return undefined
    return hold(value, this.#withinLife(entry), token.since, this.#values, shape)
  }

  #isFresh(info: EntryInfo): boolean {
    return lifeOf(info, this.#clock.now()) === 'fresh'
  }

  #ifFresh(found: Found | undefined): Found | undefined {
    return found !== undefined && this.#isFresh(found.held) ? found : undefined
  }

  /** Is the entry neither invalidated nor gone? */
  #isKept(layer: GuardedStore, info: EntryInfo): boolean {
    if (!layer.hasHistory && this.marks.invalidated(info.since, info)) return false
    return lifeOf(info, this.#clock.now()) !== 'expired'
  }

  /** An entry that seems to come from the future was written by a host whose clock is ahead: it may live its TTL, no longer. */
  #withinLife(entry: Entry): Entry {
    const ahead = entry.createdAt - this.#clock.now()
    if (ahead <= 0) return entry
    const { createdAt, freshUntil, staleUntil } = entry
    return { ...entry, createdAt: createdAt - ahead, freshUntil: freshUntil - ahead, staleUntil: staleUntil - ahead }
  }

  /** Stores what was found in the layers before `end`, unless it was overtaken while it was read. */
  #promote(end: number, held: HeldEntry, token: Token): void {
    if (this.marks.refusal(token, held) !== undefined) return
    for (const [i, layer] of this.layers.slice(0, end).entries()) {
      const item = this.#prepare(layer, i, token.key, held, token)
      if ('entry' in item) void layer.set(item.key, item.entry, item.since)
    }
  }

  /** If a layer's history says that there is something newer, the nearer ones must not keep ours. */
  #agree(key: string, held: HeldEntry, outcomes: LayerOutcomes): LayerOutcomes {
    const contradicted = outcomes.findLastIndex(
      (outcome) => !outcome.stored && (outcome.reason === 'overtaken' || outcome.reason === 'invalidated'),
    )
    for (let i = 0; i < contradicted; i++) {
      const layer = this.layers[i] as GuardedStore
      if (layer.store.local) layer.dropExactly(key, held)
      else void layer.delete(key)
    }
    return outcomes
  }
}

function checkStore(store: unknown, i: number): void {
  const methods = ['get', 'set', 'delete', 'clear'] as const
  const candidate = store as Partial<Store> | null | undefined
  if (typeof candidate === 'object' && methods.every((name) => typeof candidate?.[name] === 'function')) return
  throw new GranaryError('INVALID_OPTION', `layer ${i} is no store: give what a backend returns, such as memory()`)
}

/** The entry as a layer gets it that is not local: a plain object, with the value in stored form. */
function forLayer(layer: GuardedStore, held: HeldEntry, since: Position | undefined, value: unknown): Entry {
  const { namespace, tags, createdAt, freshUntil, staleUntil, computeMs, cost } = held
  return {
    value,
    namespace,
    tags,
    createdAt,
    freshUntil,
    staleUntil,
    computeMs,
    cost,
    since: typeof since === 'number' ? since : layer.hasHistory ? 0 : held.since,
  }
}

/**
 * One outcome for all layers: stored once every layer has applied it. A nearer layer that is too small for the value
 * does not count, as long as a farther one has it.
 */
export function acknowledgement(outcomes: LayerOutcomes): SetOutcome {
  const lastStored = outcomes.findLastIndex((outcome) => outcome.stored)
  return outcomes.find((outcome, i) => !outcome.stored && !(outcome.reason === 'too-large' && i < lastStored)) ?? STORED
}

/** Stacks stores, nearest first, into one that reads down, promotes up and writes through. */
export function layered(...stores: Store[]): Store {
  return new LayeredStore(stores, systemClock(), 'frozen')
}
