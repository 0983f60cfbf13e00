import type { Clock } from './clock.js'
import { type Entry, lifeOf } from './entry.js'
import type { GuardedStore } from './guarded-store.js'
import type { Fate, Journal, PartsRecord, Unkept } from './journal.js'
import { digestParts, type Roots } from './key-parts.js'
import type { LayeredStore } from './layered-store.js'
import { RecentFates } from './recent-fates.js'
import type { Mark } from './store.js'

/** Keys whose parts wait to be digested: more than that, and the oldest go without. */
const MOST_WAITING = 1_000
/** Keys whose parts are digested in one go, and the pause before it, in ms: no run waits for it. */
const BATCH = 100
const PAUSE = 250

interface Waiting {
  readonly key: string
  readonly group: string
  /** The parts of the key; `undefined` if they were changed since, and are its parts no more. */
  readonly roots: () => Roots | undefined
}

const UNKNOWN: Fate = { cause: 'unknown' }

/**
 * What a cache knows of what became of its keys: from the journal of the farthest layer that has one, else from what this
 * process remembers. Setting and hitting an entry leave no trace here.
 */
export class Chronicle {
  /** The layer whose journal is kept, by its index; the farthest one where none has a journal. */
  readonly layer: number
  readonly #guarded: GuardedStore
  readonly #store: LayeredStore
  readonly #clock: Clock
  readonly #recent: RecentFates | undefined
  #waiting: Waiting[] = []
  #cancel: (() => void) | undefined
  #failed = false
  #isClosed = false

  constructor(store: LayeredStore, clock: Clock) {
    const journaled = store.layers.findLastIndex((layer) => layer.store.journal !== undefined)
    this.layer = journaled < 0 ? store.layers.length - 1 : journaled
    this.#guarded = store.layers[this.layer] as GuardedStore
    this.#store = store
    this.#clock = clock
    this.#recent = journaled < 0 ? new RecentFates(clock) : undefined
  }

  /** The layer has failed: what it did not record meanwhile is not known. */
  failed(layer: number): void {
    if (layer === this.layer) this.#failed = true
  }

  /** Nothing was kept of a computation. */
  unkept(key: string, why: Unkept): void {
    if (this.#isClosed) return
    if (this.#recent !== undefined) {
      const held = this.#heldNear(key)
      // An older value that is still there is what a caller gets, and its end what a later miss comes from.
      if (held === undefined || !this.#isAlive(held)) this.#recent.unkept(key, why)
      return
    }
    void this.#ask((journal) => journal.note(key, why, this.#clock.now()), undefined)
  }

  stored(key: string): void {
    this.#recent?.stored(key)
  }

  /** The key is about to be deleted. */
  deleting(key: string): void {
    if (this.#recent === undefined) return
    const held = this.#heldNear(key)
    if (held !== undefined) this.#recent.deleted(key, held, this.#isAlive(held))
  }

  invalidated(marks: readonly Mark[]): void {
    this.#recent?.invalidated(marks, this.#store.marks.position)
  }

  async fate(key: string): Promise<Fate> {
    if (this.#recent !== undefined) return this.#recentFate(key, this.#recent)
    // What became of it in a layer behind, which others may share, is not known.
    if (this.layer < this.#store.layers.length - 1 || this.#guarded.owed.size > 0) return UNKNOWN
    const fate = await this.#ask((journal) => journal.fate(key), UNKNOWN)
    return this.#failed && fate.cause === 'never-stored' ? UNKNOWN : fate
  }

  /** What this process's memory holds under the key, valid or not. */
  #heldNear(key: string): Entry | undefined {
    for (const layer of this.#store.layers) {
      const held = layer.store.local ? layer.attempt('get', () => layer.store.get(key)) : undefined
      if (held !== undefined) return held as Entry
    }
    return undefined
  }

  #isAlive(held: Entry): boolean {
    return lifeOf(held, this.#clock.now()) !== 'expired' && !this.#store.marks.invalidated(held.since, held)
  }

  /** What this process did tells all only where nobody else can have done anything. */
  async #recentFate(key: string, recent: RecentFates): Promise<Fate> {
    if (this.#store.layers.every(({ store }) => store.local)) {
      return recent.known(key) ?? recent.endOf(this.#heldNear(key))
    }
    const held = await this.#guarded.get(key, {})
    const isOver = held !== undefined && lifeOf(held, this.#clock.now()) === 'expired'
    return isOver ? { cause: 'expired', at: held.staleUntil } : UNKNOWN
  }

  /** Keeps the parts of a key, later. */
  remember(key: string, group: string, roots: Waiting['roots']): void {
    if (this.#recent !== undefined || this.#isClosed) return
    if (this.#waiting.push({ key, group, roots }) > MOST_WAITING) this.#waiting.shift()
    this.#cancel ??= this.#clock.after(PAUSE, () => void this.#digestSome())
  }

  /** What parts are digested with, and those of the keys of a group; `undefined` where they cannot be had. */
  async parts(group: string): Promise<{ secret: string; known: readonly PartsRecord[] } | undefined> {
    if (this.#recent !== undefined) return undefined
    await this.settle()
    const secret = await this.#secret()
    if (secret === undefined) return undefined
    return { secret, known: await this.#ask<readonly PartsRecord[]>((journal) => journal.parts(group), []) }
  }

  /** Notes nothing any more, and digests what waits. */
  close(): Promise<void> {
    this.#isClosed = true
    return this.settle()
  }

  /** Digests all that waits. */
  async settle(): Promise<void> {
    while (this.#waiting.length > 0) await this.#digestSome()
  }

  async #digestSome(): Promise<void> {
    this.#cancel?.()
    this.#cancel = undefined
    const some = this.#waiting.splice(0, BATCH)
    if (this.#waiting.length > 0) this.#cancel = this.#clock.after(PAUSE, () => void this.#digestSome())
    const secret = await this.#secret()
    if (secret === undefined) return
    const records = some.flatMap(({ key, group, roots }) => {
      try {
        const parts = roots()
        return parts === undefined ? [] : [{ key, group, digests: digestParts(parts, secret) }]
      } catch {
        // A worker's own methods make the parts, a second time: they may not be able to any more.
        return []
      }
    })
    await this.#ask((journal) => journal.keepParts(records), undefined)
  }

  #secret(): Promise<string | undefined> {
    return this.#ask<string | undefined>((journal) => journal.secret(), undefined)
  }

  #ask<T>(question: (journal: Journal) => T | Promise<T>, otherwise: T): Promise<T> {
    const { journal } = this.#guarded.store
    return this.#guarded.maintain('explain', otherwise, () => journal && question(journal))
  }
}
