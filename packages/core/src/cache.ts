import type { Awaitable } from './awaitable.js'
import { computeMany } from './batch.js'
import { type Clock, systemClock } from './clock.js'
import type { Computation } from './computation.js'
import { type Duration, parseDuration, parseTtl, type Ttl } from './duration.js'
import { type Address, Engine, type Lifetime, type Request } from './engine.js'
import type { EntryInfo, KeyedInfo } from './entry.js'
import { GranaryError } from './errors.js'
import type { CacheListener } from './events.js'
import { answer, HeldEntry, type Shape, type Values, valueIn } from './held-entry.js'
import { LayeredStore } from './layered-store.js'
import { allowedBy, type Mode } from './modes.js'
import { checkKey, checkName, namespacePath, parsePhysicalKey } from './namespace.js'
import { checkOptions } from './options.js'
import { type Scope, Scopes } from './scope.js'
import type { CacheStats } from './stats.js'
import type { Store } from './store.js'

export interface CacheOptions {
  /** Stores, nearest first: `[memory(), sqlite({ path })]`. */
  readonly layers: readonly Store[]
  /** Time to live of entries. Default: `'1h'`. */
  readonly ttl?: Ttl
  /** Shortens each TTL at random by up to this part of it (0 to 1), so that entries made together do not end together. Default: 0. */
  readonly jitter?: number
  /** Deadline of a computation: its callers then get `TIMEOUT`, and the next caller computes. Default: `'10m'`. */
  readonly timeout?: Duration
  /** How calls use the cache unless they say otherwise. Default: `'use'`. */
  readonly mode?: Mode
  /**
   * `'frozen'`: plain data is deep-frozen when it is stored, bytes, Map, Set and Date are copied on read, and other
   * classes are not stored. `'shared'`: values are kept and given out as they are. Default: `'frozen'`.
   */
  readonly values?: Values
  /** Lets events carry keys. Default: false. */
  readonly debug?: boolean
  /** Where the time comes from. Default: {@link systemClock}. */
  readonly clock?: Clock
}

export interface SetOptions {
  /** Default: the cache's. */
  readonly ttl?: Ttl
  /** Names under which the entry can be invalidated with others. Default: none. */
  readonly tags?: readonly string[]
}

export interface ComputeOptions<V = unknown> extends SetOptions {
  /** Default: the cache's. */
  readonly mode?: Mode
  /** Ends this caller's wait, and nobody else's; when no caller is left, the computation's own signal aborts. */
  readonly signal?: AbortSignal | undefined
  /** Default: the cache's. */
  readonly timeout?: Duration
  /** Default: the cache's. */
  readonly jitter?: number
  /** How the value is turned into plain data for the stores and back. Default: it is plain data. */
  readonly shape?: Shape<V>
}

/** A value with what is known of its entry. */
export interface Peeked<V> extends Omit<EntryInfo, 'since'> {
  readonly value: V
  /** Name of the layer that answered. */
  readonly layer: string
}

/**
 * A cache over stores in layers, or one namespace of it. Keys are well-formed strings of up to 65,536 characters.
 *
 * What rejects: a computation's own error, the caller's abort (with the signal's reason), `TIMEOUT`, `NOT_CACHED`,
 * `CIRCULAR_COMPUTATION`, and misuse (`INVALID_KEY`, `INVALID_OPTION`, `CLOSED`). A store's failure never does.
 */
export interface Cache {
  /** The value under a key; computed, once for all who ask meanwhile, and stored if it is not there. */
  getOrCompute<V>(key: string, compute: (run: Computation) => Awaitable<V>, options?: ComputeOptions<V>): Promise<V>
  /**
   * As {@link Cache.getOrCompute} for many keys: those that are missing are computed by one call, which gets them
   * without repetitions and answers in their order.
   */
  getOrComputeMany<V>(
    keys: readonly string[],
    compute: (missing: readonly string[], run: Computation) => Awaitable<readonly V[]>,
    options?: ComputeOptions<V>,
  ): Promise<V[]>
  /** The value, or `undefined` on a miss; see {@link Cache.peek} for telling a cached `undefined` from one. */
  get<V = unknown>(key: string): Promise<V | undefined>
  /** Values in the order asked, each layer asked once. */
  getMany<V = unknown>(keys: readonly string[]): Promise<(V | undefined)[]>
  /** The value and its metadata, without counting a hit or a miss; `undefined` if there is none. */
  peek<V = unknown>(key: string): Promise<Peeked<V> | undefined>
  has(key: string): Promise<boolean>
  /**
   * Stores a value; true when every layer has applied it.
   *
   * @throws GranaryError `UNSUPPORTED_VALUE` for a value that cannot be kept
   */
  set(key: string, value: unknown, options?: SetOptions): Promise<boolean>
  /** Stores `[key, value, options?]` tuples, each layer asked once. */
  setMany(items: readonly (readonly [key: string, value: unknown, options?: SetOptions])[]): Promise<boolean[]>
  /** Deletes an entry. Was there one? */
  delete(key: string): Promise<boolean>
  deleteMany(keys: readonly string[]): Promise<boolean[]>
  /** Makes a miss of every entry with one of these tags, in the whole cache; O(1) a tag, however many entries. */
  invalidateTags(tags: readonly string[]): Promise<void>
  /** Makes a miss of every entry of this namespace and of those below it; O(1). */
  clear(): Promise<void>
  /** The namespace of this name below this one: its keys collide with no other's. */
  namespace(name: string): Cache
  /** Keys and metadata of all entries of this namespace and below, without values. */
  entries(): AsyncIterableIterator<NamedEntry>
  /** Removes what has expired or was invalidated, in the whole cache; how many entries. */
  prune(): Promise<number>
  /** Applies the stores' limits now; how many entries were removed. */
  evict(): Promise<number>
  /** What was done so far in this namespace and below. */
  stats(): Promise<CacheStats>
  /** Tells of what happens in the whole cache; returns what ends it. */
  on(listener: CacheListener): () => void
  /** Ends the cache: waits for what is being written, then closes the stores. May be called twice. */
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/** One entry of a listing. */
export interface NamedEntry extends Omit<KeyedInfo, 'since'> {
  /** The key within its namespace. */
  readonly key: string
  /** Path of the namespace; see `namespaceNames`. */
  readonly namespace: string
}

const CACHE_OPTIONS = ['layers', 'ttl', 'jitter', 'timeout', 'mode', 'values', 'debug', 'clock']
const SET_OPTIONS = ['ttl', 'tags']
const COMPUTE_OPTIONS = [...SET_OPTIONS, 'mode', 'signal', 'timeout', 'jitter', 'shape']

/**
 * Makes a cache. Entries live one hour unless told otherwise.
 *
 * @throws GranaryError `INVALID_OPTION`
 */
export function createCache(options: CacheOptions): Cache {
  checkOptions('createCache', options, CACHE_OPTIONS)
  const { layers, clock = systemClock(), values = 'frozen', debug = false } = options
  if (!Array.isArray(layers)) throw new GranaryError('INVALID_OPTION', 'createCache needs layers, such as [memory()]')
  if (values !== 'frozen' && values !== 'shared')
    throw new GranaryError('INVALID_OPTION', "values: it is 'frozen' or 'shared'")
  const store = new LayeredStore(layers, clock, values)
  const engine = new Engine(store, clock, values, debug)
  const scopes = new Scopes(layers.length)
  return new ScopedCache(engine, scopes, scopes.root, defaultsFrom(options))
}

/** What applies where a call says nothing. */
interface Defaults {
  readonly lifetime: Lifetime
  readonly timeout: number
  readonly mode: Mode
}

function defaultsFrom({ ttl = '1h', jitter = 0, timeout = '10m', mode = 'use' }: CacheOptions): Defaults {
  allowedBy(mode)
  return {
    lifetime: { ttl: parseTtl(ttl), jitter: checkJitter(jitter) },
    timeout: parseDuration(timeout, 'timeout'),
    mode,
  }
}

function checkJitter(jitter: number): number {
  if (jitter >= 0 && jitter <= 1) return jitter
  throw new GranaryError('INVALID_OPTION', `jitter: ${jitter} is not a part from 0 to 1`)
}

const NO_OPTIONS = {}
const NO_TAGS: readonly string[] = Object.freeze([])

/** A cache as seen from one of its namespaces. */
class ScopedCache implements Cache {
  readonly #engine: Engine
  readonly #scopes: Scopes
  readonly #scope: Scope
  readonly #defaults: Defaults
  /** The nearest layer, where a hit is answered without leaving this file. */
  readonly #near: Store | undefined
  /** The TTL that was found valid last: most calls give the same. */
  #checkedTtl: Ttl | undefined

  constructor(engine: Engine, scopes: Scopes, scope: Scope, defaults: Defaults) {
    this.#engine = engine
    this.#scopes = scopes
    this.#scope = scope
    this.#defaults = defaults
    this.#near = engine.store.near
  }

  getOrCompute<V>(key: string, compute: (run: Computation) => Awaitable<V>, options?: ComputeOptions<V>): Promise<V> {
    const held = this.#nearHit(key, options as ComputeOptions | undefined)
    return (
      held === undefined ? this.#obtain(key, compute, options) : answer(held, options?.shape as Shape)
    ) as Promise<V>
  }

  async getOrComputeMany<V>(
    keys: readonly string[],
    compute: (missing: readonly string[], run: Computation) => Awaitable<readonly V[]>,
    options: ComputeOptions<V> = NO_OPTIONS,
  ): Promise<V[]> {
    const requests = keys.map((key) => this.#request(key, undefined, options))
    const entries = await computeMany(this.#engine, requests, compute)
    return entries.map((held) => valueIn(held, options.shape as Shape) as V)
  }

  get<V>(key: string): Promise<V | undefined> {
    const held = this.#nearHit(key, undefined)
    return (held === undefined ? this.#read(key) : answer(held)) as Promise<V | undefined>
  }

  async getMany<V>(keys: readonly string[]): Promise<(V | undefined)[]> {
    const engine = this.#open()
    const addresses = keys.map((key) => this.#address(key))
    const tokens = addresses.map(({ physical }) => engine.store.marks.begin(physical))
    try {
      const found = await engine.store.readMany(tokens)
      for (const [i, address] of addresses.entries()) engine.countRead(address, found[i])
      return found.map((each) => each && (valueIn(each.held) as V))
    } finally {
      for (const token of tokens) engine.store.marks.end(token)
    }
  }

  async peek<V>(key: string): Promise<Peeked<V> | undefined> {
    const engine = this.#open()
    const token = engine.store.marks.begin(this.#address(key).physical)
    try {
      const found = await engine.store.read(token)
      if (found === undefined) return undefined
      const { namespace, tags, createdAt, freshUntil, staleUntil, computeMs, cost } = found.held
      const layer = engine.store.layers[found.layer]?.store.name ?? ''
      return {
        value: valueIn(found.held) as V,
        namespace,
        tags,
        createdAt,
        freshUntil,
        staleUntil,
        computeMs,
        cost,
        layer,
      }
    } finally {
      engine.store.marks.end(token)
    }
  }

  async has(key: string): Promise<boolean> {
    return (await this.peek(key)) !== undefined
  }

  async set(key: string, value: unknown, options: SetOptions = NO_OPTIONS): Promise<boolean> {
    const engine = this.#open()
    const address = this.#address(key)
    const held = this.#holdSet(address, value, options)
    engine.flights.detach(address.physical)
    return engine.told(address, await engine.track(engine.store.write(address.physical, held)))
  }

  async setMany(items: readonly (readonly [key: string, value: unknown, options?: SetOptions])[]): Promise<boolean[]> {
    const engine = this.#open()
    const addresses = items.map(([key]) => this.#address(key))
    const writes = items.map(([, value, options], i) => {
      const address = addresses[i] as Address
      return { key: address.physical, held: this.#holdSet(address, value, options ?? NO_OPTIONS) }
    })
    for (const { key } of writes) engine.flights.detach(key)
    const outcomes = await engine.track(engine.store.writeMany(writes))
    return outcomes.map((outcome, i) => engine.told(addresses[i] as Address, outcome))
  }

  async delete(key: string): Promise<boolean> {
    const [deleted = false] = await this.deleteMany([key])
    return deleted
  }

  async deleteMany(keys: readonly string[]): Promise<boolean[]> {
    const engine = this.#open()
    const addresses = keys.map((key) => this.#address(key))
    for (const { physical } of addresses) engine.flights.detach(physical)
    const deleting = engine.store.deleteMany(addresses.map(({ physical }) => physical))
    if (engine.listeners.active) {
      for (const address of addresses) engine.listeners.emit({ type: 'delete', ...engine.about(address) })
    }
    return engine.track(deleting)
  }

  async invalidateTags(tags: readonly string[]): Promise<void> {
    const engine = this.#open()
    for (const tag of checkTags(tags)) checkName(tag, 'tag')
    const invalidating = engine.store.invalidate(tags.map((tag) => ({ tag })))
    engine.listeners.emit({ type: 'invalidate', tags })
    await engine.track(invalidating)
  }

  async clear(): Promise<void> {
    const engine = this.#open()
    const { path } = this.#scope
    engine.flights.detachWhere((physical) => parsePhysicalKey(physical).namespace.startsWith(path))
    const invalidating = engine.store.invalidate([{ namespace: path }])
    engine.listeners.emit({ type: 'invalidate', namespace: path })
    await engine.track(invalidating)
  }

  namespace(name: string): Cache {
    const scope = this.#scopes.below(this.#scope, namespacePath(this.#scope.path, name))
    return new ScopedCache(this.#engine, this.#scopes, scope, this.#defaults)
  }

  async *entries(): AsyncGenerator<NamedEntry> {
    for await (const { key: physical, since, ...info } of this.#open().store.entries()) {
      const { namespace, key } = parsePhysicalKey(physical)
      if (namespace.startsWith(this.#scope.path)) yield { ...info, namespace, key }
    }
  }

  async prune(): Promise<number> {
    return this.#open().store.prune()
  }

  async evict(): Promise<number> {
    return this.#open().store.evict()
  }

  async stats(): Promise<CacheStats> {
    const { store, failures, flights } = this.#engine
    const held = await store.layerStats()
    return this.#scope.counters.snapshot(
      { inFlight: flights.size, marks: store.marks.size },
      store.layers.map((layer, i) => ({
        name: layer.store.name,
        failures: failures[i] ?? 0,
        entries: held[i]?.entries ?? 0,
        bytes: held[i]?.bytes ?? 0,
      })),
    )
  }

  on(listener: CacheListener): () => void {
    return this.#engine.listeners.add(listener)
  }

  close(): Promise<void> {
    return this.#engine.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  /**
   * The memory hit, as short as it can be: one look-up, the time, one comparison for all invalidations. Whatever is
   * unusual gives `undefined` and is decided on the way through the engine.
   */
  #nearHit(key: string, options: ComputeOptions | undefined): HeldEntry | undefined {
    const near = this.#near
    const engine = this.#engine
    if (near === undefined || engine.closed || typeof key !== 'string') return undefined
    if (options !== undefined ? !this.#mayHit(options) : this.#defaults.mode !== 'use') return undefined
    const path = this.#scope.path
    const entry = near.get(path === '' && key.charCodeAt(0) !== 1 ? key : this.#scope.physical(key)) as
      | HeldEntry
      | undefined
    if (entry === undefined || engine.clock.now() >= entry.freshUntil) return undefined
    const { marks } = engine.store
    if (entry.since !== marks.position && !marks.spares(entry)) return undefined
    if (!(entry instanceof HeldEntry) || entry.shape !== options?.shape) return undefined
    this.#scope.counters.hit(0, entry.computeMs)
    if (engine.listeners.active) this.#tellHit(key)
    return entry
  }

  /** Do these options let an entry be served without a closer look? */
  #mayHit(options: ComputeOptions): boolean {
    const { ttl, mode = this.#defaults.mode } = options
    if (ttl !== undefined && ttl !== this.#checkedTtl) {
      if (!isTtl(ttl)) return false
      this.#checkedTtl = ttl
    }
    return mode === 'use' && options.signal?.aborted !== true
  }

  #tellHit(key: string): void {
    const { listeners, store } = this.#engine
    listeners.emit({ type: 'hit', layer: store.near?.name ?? '', ...this.#engine.about(this.#address(key)) })
  }

  async #obtain<V>(
    key: string,
    compute: (run: Computation) => Awaitable<V>,
    options: ComputeOptions<V> = NO_OPTIONS,
  ): Promise<unknown> {
    return valueIn(await this.#engine.obtain(this.#request(key, compute, options)), options.shape as Shape)
  }

  async #read(key: string): Promise<unknown> {
    const found = await this.#engine.read(this.#address(key))
    return found && valueIn(found.held)
  }

  #open(): Engine {
    this.#engine.checkOpen()
    return this.#engine
  }

  #address(key: string): Address {
    checkKey(key)
    return { scope: this.#scope, key, physical: this.#scope.physical(key) }
  }

  #request<V>(
    key: string,
    compute: ((run: Computation) => Awaitable<V>) | undefined,
    options: ComputeOptions<V>,
  ): Request {
    checkOptions('getOrCompute', options, COMPUTE_OPTIONS)
    const { lifetime, timeout, mode } = this.#defaults
    return {
      ...this.#address(key),
      compute: compute as Request['compute'],
      allowed: allowedBy(options.mode ?? mode),
      lifetime: this.#lifetime(options, options.jitter === undefined ? lifetime.jitter : checkJitter(options.jitter)),
      tags: checkTags(options.tags),
      timeout: options.timeout === undefined ? timeout : parseDuration(options.timeout, 'timeout'),
      signal: options.signal,
      shape: options.shape as Shape | undefined,
    }
  }

  #holdSet(address: Address, value: unknown, options: SetOptions): HeldEntry {
    checkOptions('set', options, SET_OPTIONS)
    return this.#engine.holdSet(
      address,
      value,
      this.#lifetime(options, this.#defaults.lifetime.jitter),
      checkTags(options.tags),
    )
  }

  #lifetime({ ttl }: SetOptions, jitter: number): Lifetime {
    return { ttl: ttl === undefined ? this.#defaults.lifetime.ttl : parseTtl(ttl), jitter }
  }
}

function isTtl(ttl: Ttl): boolean {
  try {
    return parseTtl(ttl) > 0
  } catch {
    return false
  }
}

function checkTags(tags: readonly string[] = NO_TAGS): readonly string[] {
  if (!Array.isArray(tags))
    throw new GranaryError('INVALID_OPTION', "tags: give an array of strings, such as ['user:7']")
  for (const tag of tags) checkName(tag, 'tag')
  return tags
}
