import type { Awaitable } from './awaitable.js'
import type { Clock } from './clock.js'
import type { Computation } from './computation.js'
import type { Duration, Ttl } from './duration.js'
import type { EntryInfo, KeyedInfo } from './entry.js'
import type { CacheListener } from './events.js'
import type { Explanation } from './explain.js'
import type { FreshnessOptions, StaleWindows } from './freshness.js'
import type { Shape, Values } from './held-entry.js'
import type { Saving } from './ledger.js'
import type { Logger } from './logger.js'
import type { Mode } from './modes.js'
import type { SchemaInput, SchemaOptions, SchemaOutput } from './schema-shape.js'
import type { StandardSchema } from './standard-schema.js'
import type { CacheStats } from './stats.js'
import type { Store } from './store.js'

export interface CacheOptions extends FreshnessOptions {
  /** Stores, nearest first: `[memory(), sqlite({ path })]`. */
  readonly layers: readonly Store[]
  /** Time to live of entries. Default: `'1h'`. */
  readonly ttl?: Ttl
  /** Shortens each TTL at random by up to this part of it (0 to 1), so that entries made together do not end together. Default: 0. */
  readonly jitter?: number
  /**
   * Deadline of a computation: its callers then get `TIMEOUT`, and the next caller computes. Its timer does not keep a
   * process alive. Default: `'10m'`.
   */
  readonly timeout?: Duration
  /** How calls use the cache unless they say otherwise. Default: `'use'`. */
  readonly mode?: Mode
  /**
   * `'frozen'`: plain data is deep-frozen when it is stored, bytes, Map, Set and Date are copied on read, and other
   * classes are not stored. `'shared'`: values are kept and given out as they are. Default: `'frozen'`.
   */
  readonly values?: Values
  /** Where events are written: `console`, pino, or what has the same four methods. Default: nowhere. */
  readonly logger?: Logger
  /** Lets events, and what is logged, carry keys, tags and the errors of stores. Default: false. */
  readonly debug?: boolean
  /** Where the time comes from. Default: `systemClock()`. */
  readonly clock?: Clock
}

export interface SetOptions extends StaleWindows {
  /** Default: the cache's. */
  readonly ttl?: Ttl
  /** Names under which the entry can be invalidated with others. Default: none. */
  readonly tags?: readonly string[]
}

export interface ComputeOptions<V = unknown> extends SetOptions, FreshnessOptions {
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
  /**
   * Called at once where this call waits for a computation that another call began, with that call's `compute`: for who
   * can give a part of the result early, as of a stream.
   */
  readonly onJoin?: (compute: unknown) => void
}

/** A value with what is known of its entry. */
export interface Peeked<V> extends Omit<EntryInfo, 'since'> {
  readonly value: V
  /** Name of the layer that answered. */
  readonly layer: string
}

/**
 * A cache over stores in layers, or one namespace of it. Made by `createCache`, not to be implemented: it may gain methods. Keys are well-formed strings of up to 65,536 characters.
 *
 * What rejects: a computation's own error, the caller's abort (with the signal's reason), `TIMEOUT`, `NOT_CACHED`,
 * `CIRCULAR_COMPUTATION`, and misuse (`INVALID_KEY`, `INVALID_OPTION`, `CLOSED`). A store's failure never does.
 */
export interface Cache {
  /** As below, with values that fit a schema, however old what is stored. */
  getOrCompute<Schema extends StandardSchema>(
    key: string,
    compute: (run: Computation) => Awaitable<SchemaInput<Schema>>,
    options: ComputeOptions & SchemaOptions<Schema>,
  ): Promise<SchemaOutput<Schema>>
  /** The value under a key; computed, once for all who ask meanwhile, and stored if it is not there. */
  getOrCompute<V>(key: string, compute: (run: Computation) => Awaitable<V>, options?: ComputeOptions<V>): Promise<V>
  /** As below, with values that fit a schema. */
  getOrComputeMany<Schema extends StandardSchema>(
    keys: readonly string[],
    compute: (missing: readonly string[], run: Computation) => Awaitable<readonly SchemaInput<Schema>[]>,
    options: ComputeOptions & SchemaOptions<Schema>,
  ): Promise<SchemaOutput<Schema>[]>
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
  /** Removes what has expired or was invalidated, in the whole cache; how many entries, added up over the layers. */
  prune(): Promise<number>
  /** Applies the stores' limits now; how many entries were removed, added up over the layers. */
  evict(): Promise<number>
  /** What was done so far in this namespace and below. */
  stats(): Promise<CacheStats>
  /**
   * What hits saved in this namespace and below, by namespace: over restarts, where a layer keeps accounts (SQLite does).
   * They are written with other writes, every 5 s at most, and by `close()`: no hit is written by itself.
   */
  savings(): Promise<readonly Saving[]>
  /** Says why a key is a hit or a miss: expired, evicted, deleted …, or unknown; never a guess. Counts nothing. */
  explain(key: string): Promise<Explanation>
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
