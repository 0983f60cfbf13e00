import type { Awaitable } from './awaitable.js'
import type { Entry, KeyedInfo } from './entry.js'
import type { Journal } from './journal.js'
import type { Ledger } from './ledger.js'
import type { Mark } from './mark.js'
import type { Refusal } from './refusal.js'

export type { Mark, Refusal }

/**
 * A place in a store's history. Positions of different stores are never comparable; a layered store's position is the
 * tuple of its layers' positions.
 */
export type Position = number | readonly (Position | undefined)[]

/** Filled by `get` with the position that a computation starting now hands back to `set`. */
export interface Look {
  at?: Position
}

export type SetOutcome = { readonly stored: true } | { readonly stored: false; readonly reason: Refusal }

export const STORED: SetOutcome = Object.freeze({ stored: true })

/** The outcome of a `set` that was refused for this reason. */
export function refused(reason: Refusal): SetOutcome {
  return { stored: false, reason }
}

/** One item of {@link Store.setMany}. */
export interface SetItem<V = unknown> {
  readonly key: string
  readonly entry: Entry<V>
  readonly since?: Position | undefined
}

export interface StoreStats {
  /** Entries held, expired ones that were not yet removed included. */
  readonly entries: number
  /** Bytes held; 0 where the store does not know. */
  readonly bytes: number
}

/** How the layered store treats one of its layers. */
export interface StorePolicy {
  /** Longest time that an entry may live in the layer, in ms from when it is stored there. Default: no limit. */
  readonly longestLife?: number
  /** Longest time that an operation may take, in ms: after it the layer counts as failed. Default: no limit. */
  readonly longestWait?: number
  /** Failures in a row after which the layer is left alone until it answers again; 0 for never. Default: 0. */
  readonly mostFailures?: number
  /** Calls that may be under way at once, those included whose wait is over; more count as failed. Default: no limit. */
  readonly mostInFlight?: number
  /** How long its leases last unless they are renewed, in ms; 0 for none. Default: 5,000. */
  readonly leaseLife?: number
}

/** Something that went wrong inside a store. */
export interface StoreFailure {
  /** The operation that met it. */
  readonly operation: StoreOperation
  readonly error: unknown
  /** The physical key concerned, where there is one. */
  readonly key?: string
}

export type StoreOperation =
  | 'get'
  | 'set'
  | 'delete'
  | 'clear'
  | 'invalidate'
  | 'entries'
  | 'prune'
  | 'evict'
  | 'stats'
  | 'feed'
  | 'lease'
  | 'explain'
  | 'savings'
  | 'close'

/** Marks that others made, or a gap: some were missed, and whatever a nearer layer holds may have been invalidated. */
export type News = readonly Mark[] | 'gap'

/** A subscription to what the other users of a store do to it; see {@link Store.feed}. */
export interface Feed {
  /**
   * Looks for news now; the listener has been told of them when this returns. Called on hits of a nearer layer, every
   * 10 ms at most. Absent where news comes by itself.
   */
  readonly poll?: () => void
  readonly close: () => void
}

/** What is asked for with {@link Store.lease}. */
export interface LeaseRequest {
  /** How long the lease lasts unless it is renewed, in ms. */
  readonly life: number
  /** Where the store stood when the key was read: none is granted if the key was stored since. */
  readonly since: Position | undefined
  /** Ends the wait: the call then rejects with its reason. */
  readonly signal: AbortSignal
}

/** The right to compute a key, which one of all users of a store has at a time. */
export interface Lease {
  /** Makes it last for its whole life from now. False if it was lost. */
  renew(): Awaitable<boolean>
  /** Ends it, in its place among the writes: whoever waits for it sees what was set before. */
  release(): Awaitable<void>
}

/**
 * One backend. A `Map` nearly satisfies the required part; everything below `clear` is a capability that a backend
 * offers where it does better than the default that core fills in.
 *
 * Rules that the conformance suite checks:
 * - writes (`set`, `delete`, `clear`, `invalidate`, and their batches) take effect in the order of their calls,
 *   and a read that is called after a write sees it, also before the write's promise settles;
 * - a `set` without `since` that is refused leaves no older value of the key behind;
 * - what `get` gives is the entry as it was set, with all its metadata (`since` too, in a store without a history);
 * - a store may give back an expired entry: freshness is judged above it;
 * - what cannot be read intact is a miss that is reported through `observe`; whatever else a store throws or rejects
 *   with becomes an event and a miss in the layered store.
 *
 * @typeParam V `unknown` for a store that keeps values, `Uint8Array` for one that keeps bytes
 */
export interface Store<V = unknown> {
  readonly name: string
  /**
   * The store answers at once, from this process's memory: `get` never returns a promise, and entries are kept by
   * reference. It has no history of its own (no `invalidate`): the layered store judges its entries, and the store
   * belongs to one cache at a time.
   */
  readonly local?: boolean
  /** Of a layered store: its layers, nearest first. */
  readonly layers?: readonly Store<V>[]
  /** What `set` acknowledged survives a crash of the process. */
  readonly durable?: boolean

  /** The store's records of what became of keys. */
  readonly journal?: Journal
  /** The store's account of what hits saved. */
  readonly ledger?: Ledger

  /** What is different about this place; the layered store sees to it. Made by `layer()`. */
  readonly policy?: StorePolicy

  get(key: string, look?: Look): Awaitable<Entry<V> | undefined>
  /**
   * Keeps an entry. Without `since` it is an explicit set, refused only for what the store cannot hold. With it, it is
   * the result of a computation that began at that position, refused if the key was written, or the key or one of its
   * scopes invalidated, after it.
   */
  set(key: string, entry: Entry<V>, since?: Position): Awaitable<SetOutcome>
  /** Was there an entry to delete? Makes a mark, in a store with a history. */
  delete(key: string): Awaitable<boolean>
  /** Removes everything. Marks the root namespace, in a store with a history. */
  clear(): Awaitable<void>

  /** As `get`, in the order asked; `looks`, where given, has one for each key. */
  getMany?(keys: readonly string[], looks?: readonly Look[]): Awaitable<(Entry<V> | undefined)[]>
  setMany?(items: readonly SetItem<V>[]): Awaitable<SetOutcome[]>
  deleteMany?(keys: readonly string[]): Awaitable<boolean[]>
  /** Marks in one step, each O(1): what they cover is a miss from now on, in this process and after a restart. */
  invalidate?(marks: readonly Mark[]): Awaitable<void>
  /**
   * Every entry that is held and was not invalidated, without loading values; safe to modify the store meanwhile. A store
   * with neither this nor `invalidate` is emptied whenever a tag or a namespace is invalidated.
   */
  entries?(): Iterable<KeyedInfo> | AsyncIterable<KeyedInfo>
  /** Removes what has expired or was invalidated; how many. */
  prune?(): Awaitable<number>
  /** Applies the limits now; how many were removed. */
  evict?(): Awaitable<number>
  stats?(): Awaitable<StoreStats>
  /**
   * Tells the listener of what others do to the data from now on: invalidations, deletes, and explicit sets of a key that
   * was there (as a mark on the key). It carries marks, never values. To be told of one's own costs a miss each.
   */
  feed?(listener: (news: News) => void): Feed
  /**
   * Asks for the right to compute a key, for efficiency and not for correctness. Gives the lease; or waits while
   * somebody else has it, and gives `undefined` once that one has stored a value, released the lease or lost it: read
   * again, then ask again. Gives `undefined` at once if the key was stored after `since`.
   */
  lease?(key: string, request: LeaseRequest): Awaitable<Lease | undefined>
  /** Takes the one listener that is told of what went wrong inside without failing the call that met it. */
  observe?(listener: (failure: StoreFailure) => void): void
  /** Writes out what is queued and lets go of what is held. May be called twice. */
  close?(): Awaitable<void>
}
