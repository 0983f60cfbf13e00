import { type Awaitable, all, chain } from './awaitable.js'
import type { Clock } from './clock.js'
import type { Entry, EntryInfo, KeyedInfo } from './entry.js'
import { type FailureListener, Guard } from './guard.js'
import type { Marks } from './marks.js'
import { Owed, type Settlement } from './owed.js'
import {
  type Look,
  type Mark,
  type Position,
  type Refusal,
  refused,
  type SetItem,
  type SetOutcome,
  type Store,
  type StoreOperation,
} from './store.js'

const FAILED = refused('failed')
/** Why a computed value may not have come in, so that what a store with a history holds is as right as before. */
const STILL_RIGHT: ReadonlySet<Refusal> = new Set(['invalidated', 'overtaken', 'failed'])
/** No physical key is this. */
const PROBE = '\u0001'

/**
 * A store at its place in a layered store, made harmless: a failure is told to the listener and is a miss or a refusal,
 * never an exception. What the store could not be made to forget is owed: it is not read for that until it has caught up.
 */
export class GuardedStore {
  readonly store: Store
  readonly owed: Owed
  readonly #marks: Marks
  readonly #guard: Guard
  /** The last call of `set` for each key that is being set. */
  readonly #setting = new Map<string, number>()
  /** For each sweep under way, the keys that were set meanwhile. */
  readonly #sweeps = new Set<Set<string>>()

  constructor(store: Store, marks: Marks, clock: Clock, onFailure: FailureListener, onOwedChange: () => void) {
    this.store = store
    this.#marks = marks
    this.#guard = new Guard({
      policy: store.policy ?? {},
      clock,
      listener: onFailure,
      probe: () => store.get(PROBE),
      back: () => void this.owed.settle(),
    })
    this.owed = new Owed(
      clock,
      (marks) =>
        this.#guard.call(
          'invalidate',
          false,
          () => this.#forget(marks),
          () => true,
        ),
      onOwedChange,
    )
    store.observe?.((failure) => this.tell(failure.operation, failure.error))
  }

  /** Has the store a history of its own? Otherwise the process's marks judge its entries. */
  get hasHistory(): boolean {
    return this.store.invalidate !== undefined
  }

  get latency(): Guard['latency'] {
    return this.#guard.latency
  }

  /** The entry, and through `look` the store's position; a miss for what is owed. */
  get(key: string, look: Look): Awaitable<Entry | undefined> {
    this.#settleOwed()
    if (this.owed.coversKey(key)) return undefined
    return this.#guard.call<Entry | undefined, Entry | undefined>(
      'get',
      undefined,
      () => this.store.get(key, look),
      (entry) => this.#unlessOwed(key, checkEntry(entry)),
    )
  }

  getMany(keys: readonly string[], looks: readonly Look[]): Awaitable<(Entry | undefined)[]> {
    const { store } = this
    if (store.getMany === undefined || keys.length < 2)
      return all(keys.map((key, i) => this.get(key, looks[i] as Look)))
    this.#settleOwed()
    const misses: (Entry | undefined)[] = keys.map(() => undefined)
    return this.#guard.call(
      'get',
      misses,
      () => store.getMany?.(keys, looks) ?? misses,
      (entries) =>
        checkList(entries, keys.length).map((entry, i) => this.#unlessOwed(keys[i] as string, checkEntry(entry))),
    )
  }

  /** Writes; what could not be written leaves no older value to be read. */
  set(key: string, entry: Entry, since: Position | undefined): Awaitable<SetOutcome> {
    this.#settleOwed()
    const began = this.#begin(key)
    const set = this.#guard.call('set', FAILED, () => this.store.set(key, entry, since), checkOutcome)
    return chain(set, (outcome) => this.#afterSet(key, since, began, this.#ifLasting(entry, outcome)))
  }

  setMany(items: readonly SetItem[]): Awaitable<SetOutcome[]> {
    const { store } = this
    if (store.setMany === undefined || items.length < 2) {
      return all(items.map(({ key, entry, since }) => this.set(key, entry, since)))
    }
    this.#settleOwed()
    const began = items.map(({ key }) => this.#begin(key))
    const failures = items.map(() => FAILED)
    const set = this.#guard.call(
      'set',
      failures,
      () => store.setMany?.(items) ?? failures,
      (outcomes) => checkList(outcomes, items.length).map(checkOutcome),
    )
    return chain(set, (outcomes) =>
      items.map(({ key, entry, since }, i) =>
        this.#afterSet(key, since, began[i] as number, this.#ifLasting(entry, outcomes[i] ?? FAILED)),
      ),
    )
  }

  delete(key: string): Awaitable<boolean> {
    const deleted = this.#settling('delete', [{ key }], () => this.store.delete(key))
    return chain(deleted, (found) => found === true)
  }

  deleteMany(keys: readonly string[]): Awaitable<boolean[]> {
    const { store } = this
    if (store.deleteMany === undefined || keys.length < 2) return all(keys.map((key) => this.delete(key)))
    const marks = keys.map((key) => ({ key }))
    const deleted = this.#settling('delete', marks, () =>
      chain(store.deleteMany?.(keys) ?? [], (found) => checkList(found, keys.length)),
    )
    return chain(deleted, (found) => found ?? keys.map(() => false))
  }

  /** Invalidates. Until the store has applied it, it is not read for what the marks cover. */
  invalidate(marks: readonly Mark[]): Awaitable<void> {
    return this.#settling(marks.some(isRoot) ? 'clear' : 'invalidate', marks, () => this.#forget(marks))
  }

  /** Calls what only reports or tidies up; `otherwise` if the store lacks it, fails, or gives nothing. */
  async maintain<T>(operation: StoreOperation, otherwise: T, run: () => Awaitable<T> | undefined): Promise<T> {
    return this.#guard.call(operation, otherwise, run, (result) => result ?? otherwise)
  }

  /** Does something on the layer's behalf; what it throws is the layer's failure, and gives `undefined`. */
  attempt<T>(operation: StoreOperation, run: () => T): T | undefined {
    try {
      return run()
    } catch (error) {
      this.tell(operation, error)
      return undefined
    }
  }

  /** Tells the listener of a failure that was met on the layer's behalf. */
  tell(operation: StoreOperation, error: unknown): void {
    this.#guard.tell(operation, error)
  }

  /** Is the layer in use, or left alone until it answers again? */
  get isInUse(): boolean {
    return this.#guard.admits()
  }

  /** Tries again to have the store forget what it owes, unless it is left alone: it will when it is back. */
  #settleOwed(): void {
    if (this.owed.size > 0 && this.#guard.admits()) this.owed.settleWhenDue()
  }

  /** Every entry held; a failure ends the list early. */
  async *entries(): AsyncGenerator<KeyedInfo> {
    try {
      for await (const info of this.store.entries?.() ?? []) {
        if (!this.#owes(info.key, info)) yield info
      }
    } catch (error) {
      this.tell('entries', error)
    }
  }

  /** Drops the key if the store, a local one, still holds the value of this entry. */
  dropExactly(key: string, entry: Entry): void {
    const held = this.attempt('get', () => this.store.get(key)) as Entry | undefined
    if (held !== undefined && held.value === entry.value && held.createdAt === entry.createdAt) void this.delete(key)
  }

  /** Makes the store forget what the marks cover, one way or another: the default for a store without `invalidate`. */
  #forget(marks: readonly Mark[]): Awaitable<void> {
    const { store } = this
    if (marks.some(isRoot)) return store.clear()
    if (store.invalidate !== undefined) return store.invalidate(marks)
    if (!store.local) return this.#sweep(marks)
    for (const mark of marks) if ('key' in mark) void store.delete(mark.key)
  }

  /** Deletes what the marks cover, key by key, and nothing that was set after they were made. */
  async #sweep(marks: readonly Mark[]): Promise<void> {
    const { store } = this
    const keys = marks.flatMap((mark) => ('key' in mark ? [mark.key] : []))
    const deleting: Awaitable<unknown>[] = keys.map((key) => store.delete(key))
    if (keys.length < marks.length)
      deleting.push(store.entries === undefined ? store.clear() : this.#sweepScopes(store.entries()))
    await Promise.all(deleting)
  }

  async #sweepScopes(entries: Iterable<KeyedInfo> | AsyncIterable<KeyedInfo>): Promise<void> {
    const setMeanwhile = new Set<string>()
    this.#sweeps.add(setMeanwhile)
    try {
      for await (const info of entries) {
        if (this.#marks.invalidated(info.since, info) && !setMeanwhile.has(info.key)) await this.store.delete(info.key)
      }
    } finally {
      this.#sweeps.delete(setMeanwhile)
    }
  }

  /** Notes that a key is being set; when, in the order of calls. */
  #begin(key: string): number {
    const at = ++this.owed.sequence
    this.#setting.set(key, at)
    this.owed.overwrite(key, at)
    for (const setMeanwhile of this.#sweeps) setMeanwhile.add(key)
    return at
  }

  #unlessOwed(key: string, entry: Entry | undefined): Entry | undefined {
    return entry !== undefined && this.#owes(key, entry) ? undefined : entry
  }

  /** Scopes that are owed by a store without a history need no look: the process's marks judge its entries anyway. */
  #owes(key: string, info: EntryInfo): boolean {
    return this.owed.size > 0 && (this.owed.coversKey(key) || (this.hasHistory && this.owed.coversScopes(info)))
  }

  /** A store with a history that still has to mark one of the entry's scopes will forget the entry with the rest. */
  #ifLasting(entry: Entry, outcome: SetOutcome): SetOutcome {
    return outcome.stored && this.hasHistory && this.owed.failedScopes(entry) ? FAILED : outcome
  }

  #afterSet(key: string, since: Position | undefined, began: number, outcome: SetOutcome): SetOutcome {
    const isLast = this.#setting.get(key) === began
    if (isLast) this.#setting.delete(key)
    if (outcome.stored) this.owed.forgive(key, began)
    // What became of a later set decides what the store holds.
    else if (!isLast) return outcome
    else if (outcome.reason === 'failed' && since === undefined) this.owed.add([{ key }]).failed()
    else if (since !== undefined && !STILL_RIGHT.has(outcome.reason)) {
      void this.delete(key)
    }
    return outcome
  }

  /** Calls what makes the store forget; it is owed until it has succeeded. */
  #settling<T>(operation: StoreOperation, marks: readonly Mark[], run: () => Awaitable<T>): Awaitable<T | undefined> {
    const settlement: Settlement = this.owed.add(marks)
    let failed = true
    const called = this.#guard.call<T, T | undefined>(operation, undefined, run, (result) => {
      failed = false
      return result
    })
    return chain(called, (result) => {
      if (failed) settlement.failed()
      else settlement.done()
      return result
    })
  }
}

function isRoot(mark: Mark): boolean {
  return 'namespace' in mark && mark.namespace === ''
}

/** What a store gives is not taken on trust: a store of somebody's own may not keep the contract yet. */
function checkEntry(entry: Entry | undefined): Entry | undefined {
  if (entry === undefined) return undefined
  const { namespace, tags, createdAt, freshUntil, staleUntil, computeMs, since } = entry
  const numbers = [createdAt, freshUntil, staleUntil, computeMs, since]
  if (typeof namespace === 'string' && Array.isArray(tags) && numbers.every((n) => typeof n === 'number')) return entry
  throw new TypeError('the store gave an entry without its metadata')
}

function checkOutcome(outcome: SetOutcome): SetOutcome {
  if (typeof outcome.stored === 'boolean') return outcome
  throw new TypeError('the store did not say what became of a set: STORED, or refused(reason)')
}

function checkList<T>(list: T[], length: number): T[] {
  if (Array.isArray(list) && list.length === length) return list
  throw new TypeError(`the store did not give one answer for each of ${length}`)
}
