import { type Awaitable, all, isPromise } from './awaitable.js'
import type { Clock } from './clock.js'
import type { Entry, KeyedInfo } from './entry.js'
import { nameOf, scopeNames } from './marks.js'
import { Owed, type Settlement } from './owed.js'
import {
  type Look,
  type Mark,
  type Position,
  refused,
  type SetItem,
  type SetOutcome,
  type Store,
  type StoreOperation,
} from './store.js'

export type FailureListener = (layer: string, operation: StoreOperation, error: unknown) => void

/**
 * A store at its place in a layered store, made harmless: a failure is told to the listener and is a miss or a refusal,
 * never an exception. What the store could not be made to forget is owed: it is not read for that until it has caught up.
 */
export class GuardedStore {
  readonly store: Store
  readonly owed: Owed
  readonly #fail: (operation: StoreOperation, error: unknown) => void

  constructor(store: Store, clock: Clock, onFailure: FailureListener) {
    this.store = store
    this.#fail = (operation, error) => onFailure(store.name, operation, error)
    this.owed = new Owed(clock, (marks) => this.#forget(marks))
    store.observe?.((failure) => this.#fail(failure.operation, failure.error))
  }

  /** Has the store a history of its own? Otherwise the process's marks judge its entries. */
  get hasHistory(): boolean {
    return this.store.invalidate !== undefined
  }

  /** The entry, and through `look` the store's position; a miss for what is owed. */
  get(key: string, look: Look): Awaitable<Entry | undefined> {
    this.owed.settleWhenDue()
    if (this.owed.coversKey(key)) return undefined
    return this.#guard(
      'get',
      undefined,
      () => this.store.get(key, look),
      (entry) => this.#unlessOwed(entry),
    )
  }

  getMany(keys: readonly string[], looks: readonly Look[]): Awaitable<(Entry | undefined)[]> {
    const { store } = this
    this.owed.settleWhenDue()
    if (store.getMany === undefined || keys.length === 1)
      return all(keys.map((key, i) => this.get(key, looks[i] as Look)))
    const misses = keys.map(() => undefined)
    return this.#guard(
      'get',
      misses,
      () => store.getMany?.(keys, looks) ?? misses,
      (entries) =>
        entries.map((entry, i) => (this.owed.coversKey(keys[i] as string) ? undefined : this.#unlessOwed(entry))),
    )
  }

  /** Writes; what could not be written leaves no older value to be read. */
  set(key: string, entry: Entry, since: Position | undefined): Awaitable<SetOutcome> {
    this.owed.settleWhenDue()
    const began = this.owed.sequence
    return this.#guard(
      'set',
      refused('failed'),
      () => this.store.set(key, entry, since),
      (outcome) => this.#afterSet(key, since, began, outcome),
    )
  }

  setMany(items: readonly SetItem[]): Awaitable<SetOutcome[]> {
    const { store } = this
    this.owed.settleWhenDue()
    if (store.setMany === undefined || items.length === 1)
      return all(items.map(({ key, entry, since }) => this.set(key, entry, since)))
    const began = this.owed.sequence
    const failures = items.map(() => refused('failed'))
    return this.#guard(
      'set',
      failures,
      () => store.setMany?.(items) ?? failures,
      (outcomes) =>
        items.map(({ key, since }, i) => this.#afterSet(key, since, began, outcomes[i] ?? refused('failed'))),
    )
  }

  delete(key: string): Awaitable<boolean> {
    const settle = this.owed.add([{ key }])
    return this.#settling('delete', settle, () => this.store.delete(key))
  }

  deleteMany(keys: readonly string[]): Awaitable<boolean[]> {
    const { store } = this
    if (store.deleteMany === undefined || keys.length === 1) return all(keys.map((key) => this.delete(key)))
    const settle = this.owed.add(keys.map((key) => ({ key })))
    const result = this.#settling('delete', settle, () => store.deleteMany?.(keys) ?? [])
    return isPromise(result) ? result.then((deleted) => deleted || []) : result || []
  }

  /** Invalidates; true once the store has applied it. Until then it is not read for what the marks cover. */
  invalidate(marks: readonly Mark[]): Awaitable<boolean> {
    const settle = this.owed.add(marks)
    return this.#settling('invalidate', settle, () => {
      const done = this.#forget(marks)
      return isPromise(done) ? done.then(() => true) : true
    })
  }

  /** Does something on the layer's behalf; what it throws is the layer's failure, and gives `undefined`. */
  attempt<T>(operation: StoreOperation, run: () => T): T | undefined {
    try {
      return run()
    } catch (error) {
      this.#fail(operation, error)
      return undefined
    }
  }

  /** Calls a capability that only reports or tidies up; `otherwise` if the store lacks it or fails. */
  async maintain<T>(operation: StoreOperation, otherwise: T, run: () => Awaitable<T> | undefined): Promise<T> {
    return (await this.#guard<T | undefined>(operation, otherwise, run)) ?? otherwise
  }

  /** Every entry held; a failure ends the list early. */
  async *entries(): AsyncGenerator<KeyedInfo> {
    try {
      for await (const info of this.store.entries?.() ?? []) {
        if (!this.owed.coversKey(info.key) && !this.owed.coversScopes(info)) yield info
      }
    } catch (error) {
      this.#fail('entries', error)
    }
  }

  /** Drops the key if the store still holds the value of this entry; only for a local store. */
  dropExactly(key: string, entry: Entry): void {
    const held = this.store.get(key) as Entry | undefined
    if (held !== undefined && held.value === entry.value && held.createdAt === entry.createdAt)
      void this.store.delete(key)
  }

  /** Makes the store forget what the marks cover, one way or another. This is the default for a store without `invalidate`. */
  #forget(marks: readonly Mark[]): Awaitable<void> {
    const { store } = this
    if (marks.some((mark) => 'namespace' in mark && mark.namespace === '')) return store.clear()
    if (store.invalidate !== undefined) return store.invalidate(marks)
    if (!store.local) return this.#sweep(marks)
    for (const mark of marks) if ('key' in mark) void store.delete(mark.key)
  }

  async #sweep(marks: readonly Mark[]): Promise<void> {
    const { store } = this
    const keys = marks.flatMap((mark) => ('key' in mark ? [mark.key] : []))
    for (const key of keys) await store.delete(key)
    if (keys.length === marks.length) return
    if (store.entries === undefined) return store.clear()
    const names = new Set(marks.map(nameOf))
    for await (const info of store.entries()) {
      if (scopeNames(info).some((name) => names.has(name))) await store.delete(info.key)
    }
  }

  #unlessOwed(entry: Entry | undefined): Entry | undefined {
    return entry !== undefined && this.owed.coversScopes(entry) ? undefined : entry
  }

  #afterSet(key: string, since: Position | undefined, began: number, outcome: SetOutcome): SetOutcome {
    if (outcome.stored) this.owed.forgive(key, began)
    else if (outcome.reason === 'failed') this.owed.add([{ key }]).failed()
    else if (since !== undefined && outcome.reason !== 'invalidated' && outcome.reason !== 'overtaken')
      void this.delete(key)
    return outcome
  }

  #settling<T>(operation: StoreOperation, settle: Settlement, run: () => Awaitable<T>): Awaitable<T | false> {
    const fail = (error: unknown): false => {
      settle.failed()
      this.#fail(operation, error)
      return false
    }
    try {
      const result = run()
      if (!isPromise(result)) {
        settle.done()
        return result
      }
      return result.then((value) => {
        settle.done()
        return value
      }, fail)
    } catch (error) {
      return fail(error)
    }
  }

  #guard<T>(
    operation: StoreOperation,
    otherwise: T,
    run: () => Awaitable<T>,
    then: (result: T) => T = (result) => result,
  ): Awaitable<T> {
    const fail = (error: unknown): T => {
      this.#fail(operation, error)
      return then(otherwise)
    }
    try {
      const result = run()
      return isPromise(result) ? result.then(then, fail) : then(result)
    } catch (error) {
      return fail(error)
    }
  }
}
