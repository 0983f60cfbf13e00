import type { Clock } from './clock.js'
import { type Entry, lifeOf } from './entry.js'
import type { Fate, Unkept } from './journal.js'
import { nameOf, type Scopes, scopeNames } from './marks.js'
import type { Mark } from './store.js'

/** Keys, and marks, that are remembered. */
const REMEMBERED = 1_000

/**
 * What this process remembers of what it did to keys, for a cache whose layers keep no journal: a little, and only until
 * it ends. It never guesses: whatever is not known for certain is unknown.
 */
export class RecentFates {
  readonly #clock: Clock
  readonly #fates = new Map<string, Fate>()
  /** The newest marks, oldest first, with the position that the process's history had after them. */
  #marks: { readonly mark: Mark; readonly name: string; readonly position: number; readonly at: number }[] = []
  #forgottenUpTo = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  unkept(key: string, why: Unkept): void {
    const at = this.#clock.now()
    this.#remember(key, why === 'computation-failed' ? { cause: 'failed', at } : { cause: 'refused', at, reason: why })
  }

  /** @param held what is deleted, valid or not: what was over before has ended otherwise */
  deleted(key: string, held: Entry, isAlive: boolean): void {
    this.#remember(key, isAlive ? { cause: 'deleted', at: this.#clock.now() } : this.endOf(held))
  }

  stored(key: string): void {
    if (this.#fates.size > 0) this.#fates.delete(key)
  }

  invalidated(marks: readonly Mark[], position: number): void {
    for (const mark of marks) this.#marks.push({ mark, name: nameOf(mark), position, at: this.#clock.now() })
    if (this.#marks.length <= 2 * REMEMBERED) return
    this.#forgottenUpTo = this.#marks[REMEMBERED - 1]?.position ?? 0
    this.#marks = this.#marks.slice(REMEMBERED)
  }

  /** What was done to the key itself since it was stored last. */
  known(key: string): Fate | undefined {
    return this.#fates.get(key)
  }

  /** How the life of what a layer still holds ended, if it did. */
  endOf(held: Entry | undefined): Fate {
    if (held === undefined) return { cause: 'unknown' }
    // Marks that are not known here may have come before the time that its life ended at.
    if (held.since < this.#forgottenUpTo) return { cause: 'unknown' }
    const expired = lifeOf(held, this.#clock.now()) === 'expired'
    const mark = this.#firstOver(held, held.since)
    if (mark !== undefined && (!expired || mark.at < held.staleUntil))
      return { cause: 'invalidated', at: mark.at, by: mark.mark }
    return expired ? { cause: 'expired', at: held.staleUntil } : { cause: 'unknown' }
  }

  #firstOver(scopes: Scopes, since: number) {
    const names = new Set(scopeNames(scopes))
    return this.#marks.find(({ name, position }) => position > since && names.has(name))
  }

  #remember(key: string, fate: Fate): void {
    this.#fates.delete(key)
    this.#fates.set(key, fate)
    if (this.#fates.size > REMEMBERED) this.#fates.delete(this.#fates.keys().next().value as string)
  }
}
