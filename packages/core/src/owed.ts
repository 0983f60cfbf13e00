import type { Awaitable } from './awaitable.js'
import type { Clock } from './clock.js'
import { nameOf, type Scopes, scopeNames } from './marks.js'
import type { Mark } from './store.js'

/** Ends what {@link Owed.add} began. */
export interface Settlement {
  /** The store has applied it. */
  done(): void
  /** The store could not: it stays owed and is tried again. */
  failed(): void
}

interface Debt {
  readonly mark: Mark
  /** Calls that are still trying to apply it. */
  trying: number
  /** The latest call to apply it, the latest that has failed, and the latest that made it good; 0 for none. */
  calledAt: number
  failedAt: number
  doneAt: number
  /** The latest call that sets the key: where nothing has failed, the store holds that, and not what came before. */
  overwrittenAt: number
}

/** Names the debt that stands for all. */
const EVERYTHING = '*'
const MOST_DEBTS = 10_000
/** Debts that are settled by one call: more would not be done within a layer's longest wait. */
const MOST_AT_ONCE = 500
const FIRST_RETRY = 100
const LONGEST_RETRY = 10_000

/**
 * What a store was told to forget and has not acknowledged. As long as something is owed, reads of the store for it are
 * misses, so that a layer that was away never brings back what was deleted meanwhile.
 *
 * Failures are tried again along with later operations, after 100 ms, twice that, up to every 10 s: there is no timer.
 * Beyond 10,000 debts the store owes everything, and is emptied before it is read again.
 */
export class Owed {
  /** Grows with each debt: tells what came before what. */
  sequence = 0
  readonly #debts = new Map<string, Debt>()
  readonly #clock: Clock
  readonly #forget: (marks: readonly Mark[]) => Awaitable<boolean>
  readonly #changed: () => void
  #retryAt = 0
  #pause = FIRST_RETRY

  /**
   * @param forget has the store forget; false if it failed, never a rejection
   * @param changed called whenever there is more or less owed
   */
  constructor(clock: Clock, forget: (marks: readonly Mark[]) => Awaitable<boolean>, changed: () => void = () => {}) {
    this.#clock = clock
    this.#forget = forget
    this.#changed = changed
  }

  get size(): number {
    return this.#debts.size
  }

  add(marks: readonly Mark[]): Settlement {
    return this.#try(marks.map((mark) => [nameOf(mark), mark]))
  }

  #try(named: readonly (readonly [name: string, mark: Mark])[]): Settlement {
    const at = ++this.sequence
    const names = named.map(([name, mark]) => {
      const debt = this.#debts.get(name)
      if (debt === undefined)
        this.#debts.set(name, { mark, trying: 1, calledAt: at, failedAt: 0, doneAt: 0, overwrittenAt: 0 })
      else {
        debt.trying++
        debt.calledAt = at
      }
      return name
    })
    this.#changed()
    return {
      done: () => this.#settle(names, (debt) => (debt.doneAt = Math.max(debt.doneAt, at))),
      failed: () => {
        this.#settle(names, (debt) => (debt.failedAt = Math.max(debt.failedAt, at)))
        this.#postpone()
      },
    }
  }

  coversKey(key: string): boolean {
    return this.#debts.size > 0 && (this.#isOwed(`k${key}`) || this.#debts.has(EVERYTHING))
  }

  coversScopes(scopes: Scopes): boolean {
    return this.#debts.size > 0 && scopeNames(scopes).some((name) => this.#isOwed(name))
  }

  /** Has one of the scopes been owed since a call failed? What is set meanwhile will be forgotten with the rest. */
  failedScopes(scopes: Scopes): boolean {
    return this.#debts.size > 0 && scopeNames(scopes).some((name) => this.#hasFailed(name))
  }

  /** The key is being set, by a call at this place in the order of calls. */
  overwrite(key: string, at: number): void {
    const debt = this.#debts.get(`k${key}`)
    if (debt !== undefined) debt.overwrittenAt = at
  }

  /** The key was set by a call at this place in the order of calls: what failed before that is owed no more. */
  forgive(key: string, at: number): void {
    const debt = this.#debts.get(`k${key}`)
    if (debt !== undefined && debt.trying === 0 && debt.failedAt <= at) this.#debts.delete(`k${key}`)
    this.#changed()
  }

  /** Tries again to have the store forget, if something has failed and the pause is over. */
  settleWhenDue(): void {
    if (this.#debts.size > 0 && this.#clock.now() >= this.#retryAt) void this.settle()
  }

  /** Tries to have the store forget what has failed, but for keys that are being set: what becomes of that decides. */
  async settle(): Promise<void> {
    for (;;) {
      const all = [...this.#debts].filter(([, debt]) => debt.trying === 0 && debt.overwrittenAt < debt.failedAt)
      if (all.length === 0) return
      const some = all.slice(0, MOST_AT_ONCE)
      const settlement = this.#try(some.map(([name, { mark }]) => [name, mark]))
      if (!(await this.#forget(some.map(([, { mark }]) => mark)))) return settlement.failed()
      this.#pause = FIRST_RETRY
      settlement.done()
    }
  }

  #hasFailed(name: string): boolean {
    const debt = this.#debts.get(name)
    return debt !== undefined && debt.failedAt > debt.doneAt
  }

  #isOwed(name: string): boolean {
    const debt = this.#debts.get(name)
    if (debt === undefined || debt.doneAt >= debt.calledAt) return false
    return debt.failedAt > debt.doneAt || debt.overwrittenAt < debt.calledAt
  }

  #settle(names: readonly string[], note: (debt: Debt) => void): void {
    for (const name of names) {
      const debt = this.#debts.get(name)
      if (debt === undefined) continue
      debt.trying--
      note(debt)
      if (debt.trying === 0 && debt.doneAt >= debt.failedAt) this.#debts.delete(name)
    }
    this.#changed()
  }

  #postpone(): void {
    this.#retryAt = this.#clock.now() + this.#pause
    this.#pause = Math.min(this.#pause * 2, LONGEST_RETRY)
    if (this.#debts.size > MOST_DEBTS) this.#oweEverything()
  }

  #oweEverything(): void {
    this.#debts.clear()
    const at = ++this.sequence
    this.#debts.set(EVERYTHING, {
      mark: { namespace: '' },
      trying: 0,
      calledAt: at,
      failedAt: at,
      doneAt: 0,
      overwrittenAt: 0,
    })
  }
}
