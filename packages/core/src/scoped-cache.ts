import type { Awaitable } from './awaitable.js'
import { computeMany } from './batch.js'
import type { Cache, ComputeOptions, NamedEntry, Peeked, SetOptions } from './cache.js'
import { checkTags, type Defaults, NO_TAGS, requestFrom, setLifetime } from './call-options.js'
import type { Clock } from './clock.js'
import type { Computation } from './computation.js'
import type { Engine } from './engine.js'
import { GranaryError } from './errors.js'
import type { CacheEvent, CacheListener } from './events.js'
import { type Explanation, withNearest } from './explain.js'
import { explainKey } from './explain-key.js'
import type { Found } from './found.js'
import { checkNear } from './freshness.js'
import { answer, type HeldEntry, type Shape, valueIn } from './held-entry.js'
import type { Roots } from './key-parts.js'
import type { LayeredStore } from './layered-store.js'
import type { Saving } from './ledger.js'
import { checkKey, checkName, namespacePath, parsePhysicalKey } from './namespace.js'
import { NearHits } from './near-hits.js'
import type { Request } from './request.js'
import { type SchemaOptions, withShape } from './schema-shape.js'
import type { Address, Namespaces, Scope } from './scope.js'
import type { CacheStats } from './stats.js'
import { statsOf } from './stats-of.js'

const NO_OPTIONS = {}

/** A cache as seen from one of its namespaces. */
export class ScopedCache implements Cache {
  readonly #engine: Engine
  readonly #namespaces: Namespaces
  readonly #scope: Scope
  readonly #defaults: Defaults
  readonly #store: LayeredStore
  readonly #near: NearHits

  constructor(engine: Engine, namespaces: Namespaces, scope: Scope, defaults: Defaults) {
    this.#engine = engine
    this.#namespaces = namespaces
    this.#scope = scope
    this.#defaults = defaults
    this.#store = engine.store
    this.#near = new NearHits(engine, scope, defaults)
  }

  getOrCompute<V>(key: string, compute: (run: Computation) => Awaitable<V>, options?: ComputeOptions<V>): Promise<V> {
    if ((options as Partial<SchemaOptions> | undefined)?.schema !== undefined)
      return this.#fitted(key, compute, options as ComputeOptions<V>)
    const held = this.#near.find(key, options as ComputeOptions | undefined)
    return (
      held === undefined ? this.#obtain(key, compute, options) : answer(held, options?.shape as Shape)
    ) as Promise<V>
  }

  async getOrComputeMany<V>(
    keys: readonly string[],
    compute: (missing: readonly string[], run: Computation) => Awaitable<readonly V[]>,
    given: ComputeOptions<V> = NO_OPTIONS,
  ): Promise<V[]> {
    const options = withShape(given)
    const requests = keys.map((key) => this.#request(key, compute as unknown as Request['compute'], options))
    const entries = await computeMany(this.#engine, requests, compute)
    return entries.map((held) => valueIn(held, options.shape as Shape) as V)
  }

  get<V>(key: string): Promise<V | undefined> {
    const held = this.#near.find(key, undefined)
    return (held === undefined ? this.#read(key) : answer(held)) as Promise<V | undefined>
  }

  async getMany<V>(keys: readonly string[]): Promise<(V | undefined)[]> {
    const addresses = keys.map((key) => this.#address(key))
    const found = await this.#engine.readMany(addresses)
    return found.map((each) => each && (valueIn(each.held) as V))
  }

  async peek<V>(key: string): Promise<Peeked<V> | undefined> {
    const found = await this.look(key)
    if (found === undefined) return undefined
    const { namespace, tags, createdAt, freshUntil, staleUntil, computeMs, cost } = found.held
    const layer = this.#store.layers[found.layer]?.store.name ?? ''
    const value = valueIn(found.held) as V
    return { value, namespace, tags, createdAt, freshUntil, staleUntil, computeMs, cost, layer }
  }

  async has(key: string): Promise<boolean> {
    return (await this.look(key)) !== undefined
  }

  async set(key: string, value: unknown, options: SetOptions = NO_OPTIONS): Promise<boolean> {
    const engine = this.#open()
    const address = this.#address(key)
    const held = this.#holdSet(address, value, options)
    engine.flights.detach(address.physical)
    return engine.reporter.written(address, await engine.writes.track(engine.store.write(address.physical, held)))
  }

  async setMany(items: readonly (readonly [key: string, value: unknown, options?: SetOptions])[]): Promise<boolean[]> {
    const engine = this.#open()
    const addresses = items.map(([key]) => this.#address(key))
    const writes = items.map(([, value, options], i) => {
      const address = addresses[i] as Address
      return { key: address.physical, held: this.#holdSet(address, value, options ?? NO_OPTIONS) }
    })
    for (const { key } of writes) engine.flights.detach(key)
    const outcomes = await engine.writes.track(engine.store.writeMany(writes))
    return outcomes.map((outcome, i) => engine.reporter.written(addresses[i] as Address, outcome))
  }

  async delete(key: string): Promise<boolean> {
    const [deleted = false] = await this.deleteMany([key])
    return deleted
  }

  async deleteMany(keys: readonly string[]): Promise<boolean[]> {
    const engine = this.#open()
    const addresses = keys.map((key) => this.#address(key))
    for (const { physical } of addresses) engine.flights.detach(physical)
    for (const { physical } of addresses) engine.reporter.chronicle.deleting(physical)
    const deleting = engine.store.deleteMany(addresses.map(({ physical }) => physical))
    for (const address of addresses) engine.reporter.deleted(address)
    return engine.writes.track(deleting)
  }

  async invalidateTags(tags: readonly string[]): Promise<void> {
    const engine = this.#open()
    for (const tag of checkTags(tags)) checkName(tag, 'tag')
    const invalidating = engine.store.invalidate(tags.map((tag) => ({ tag })))
    engine.reporter.tagsInvalidated(tags)
    await engine.writes.track(invalidating)
  }

  async clear(): Promise<void> {
    const engine = this.#open()
    const { path } = this.#scope
    const marks = [{ namespace: path }]
    engine.detach(marks)
    const invalidating = engine.store.invalidate(marks)
    engine.reporter.invalidated(marks, { type: 'invalidate', namespace: path })
    await engine.writes.track(invalidating)
  }

  namespace(name: string): Cache {
    const scope = this.#namespaces.below(this.#scope, namespacePath(this.#scope.path, name))
    return new ScopedCache(this.#engine, this.#namespaces, scope, this.#defaults)
  }

  async *entries(): AsyncGenerator<NamedEntry> {
    for await (const { key: physical, since, ...info } of this.#open().store.upkeep.entries()) {
      const { namespace, key } = parsePhysicalKey(physical)
      if (namespace.startsWith(this.#scope.path)) yield { ...info, namespace, key }
    }
  }

  async prune(): Promise<number> {
    return this.#open().store.upkeep.prune()
  }

  async evict(): Promise<number> {
    return this.#open().store.upkeep.evict()
  }

  stats(): Promise<CacheStats> {
    return statsOf(this.#engine, this.#scope)
  }

  async savings(): Promise<readonly Saving[]> {
    return this.#open().savings.read(this.#scope.path)
  }

  async explain(key: string, shape?: Shape): Promise<Explanation> {
    return explainKey(this.#open(), this.#address(key).physical, shape)
  }

  /** As {@link ScopedCache.explain}, for a key that is made of parts: `group` is the namespace within which they are compared. */
  async explainParts(key: string, group: Cache, roots: Roots, shape?: Shape): Promise<Explanation> {
    const explanation = await this.explain(key, shape)
    return withNearest(explanation, this.#engine.reporter.chronicle, scoped(group).#scope.path, roots)
  }

  /** Keeps the parts of a key whose value was computed and stored. */
  rememberParts(key: string, group: Cache, roots: () => Roots | undefined): void {
    this.#engine.reporter.chronicle.remember(this.#scope.physical(key), scoped(group).#scope.path, roots)
  }

  on(listener: CacheListener): () => void {
    if (typeof listener !== 'function')
      throw new GranaryError('INVALID_OPTION', 'on: give a function that takes an event')
    return this.#engine.reporter.listeners.add(listener)
  }

  close(): Promise<void> {
    return this.#engine.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  /** Reads without counting. */
  async look(key: string, shape?: Shape): Promise<Found | undefined> {
    const engine = this.#open()
    const token = engine.store.marks.begin(this.#address(key).physical)
    try {
      return await engine.store.read(token, shape)
    } finally {
      engine.store.marks.end(token)
    }
  }

  get clock(): Clock {
    return this.#engine.clock
  }

  countMiss(key: string): void {
    this.#engine.reporter.read(this.#address(key), undefined)
  }

  /** Tells why a key is going to be a hit or a miss, with the key itself. */
  tellWhy(key: string, explanation: Explanation): void {
    this.#engine.reporter.explained(this.#address(key), explanation)
  }

  tell(event: CacheEvent): void {
    this.#engine.reporter.listeners.emit(event)
  }

  async #fitted<V>(key: string, compute: (run: Computation) => Awaitable<V>, options: ComputeOptions<V>): Promise<V> {
    return this.getOrCompute(key, compute, withShape(options))
  }

  async #obtain<V>(
    key: string,
    compute: (run: Computation) => Awaitable<V>,
    options: ComputeOptions<V> = NO_OPTIONS,
  ): Promise<unknown> {
    const request = this.#request(key, compute, options)
    if (!this.#scope.counters.measuresHit()) return valueIn(await this.#engine.obtain(request), request.shape)
    const began = this.#engine.clock.now()
    const held = await this.#engine.obtain(request)
    // Otherwise it was computed meanwhile.
    if (held.createdAt < began) this.#scope.counters.tookForHit(this.#engine.clock.now() - began)
    return valueIn(held, request.shape)
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

  #request<V>(key: string, compute: Request['compute'], options: ComputeOptions<V>): Request {
    const request = requestFrom(this.#address(key), compute, options as ComputeOptions, this.#defaults)
    checkNear(request.freshness, this.#store)
    return request
  }

  #holdSet(address: Address, value: unknown, options: SetOptions): HeldEntry {
    const { maker, store } = this.#engine
    const lifetime = setLifetime(options, this.#defaults)
    return maker.ofSet(address.scope.path, value, store.marks.position, lifetime, checkTags(options.tags ?? NO_TAGS))
  }
}

/** What a cache is inside. @throws GranaryError `INVALID_OPTION` for one that `createCache` did not make */
export function scoped(cache: Cache): ScopedCache {
  if (cache instanceof ScopedCache) return cache
  throw new GranaryError('INVALID_OPTION', 'a worker needs a cache as createCache() makes it')
}
