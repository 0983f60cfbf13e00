import type { Entry, Mark, Store } from '@granary/core'
import type { HistoryStore } from '../../src/history-store.js'
import { mapStore } from '../../src/map-store.js'
import type { StoreSuiteOptions } from '../../src/store-suite/store-suite.js'
import { type Change, historyWith } from '../observed.js'

/** A store that breaks a rule, and words of the title of a case that has to notice. */
export type Mutant = readonly [what: string, noticed: string, options: StoreSuiteOptions]

export const later = (): Promise<void> => new Promise(setImmediate)

/** After the next few promises, before the next turn of the event loop. */
export async function soon(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await undefined
}

/** A method that takes effect some time after its call. */
export function delayed<A extends unknown[], R>(method: (...args: A) => Promise<R>, pause = later) {
  return async (...args: A): Promise<R> => {
    await pause()
    return method(...args)
  }
}

/** The answer of one call after another is done too. */
export async function followedBy<R>(answer: Promise<R>, next: () => Promise<unknown>): Promise<R> {
  const found = await answer
  await next()
  return found
}

export const local = (change: (store: Store, map: Map<string, Entry>) => Partial<Store>): StoreSuiteOptions => ({
  create() {
    const map = new Map<string, Entry>()
    const store = mapStore({ map })
    return { ...store, ...change(store, map) }
  },
})

/** Every entry changed on its way in. */
export const entering = (change: (entry: Entry) => Entry): StoreSuiteOptions =>
  historyWith((store) => ({
    set: (key, entry, since) => store.set(key, change(entry), since),
    setMany: (items) => store.setMany(items.map((item) => ({ ...item, entry: change(item.entry) }))),
  }))

/** Every key changed on its way in. */
export const naming = (change: (key: string) => string): StoreSuiteOptions =>
  historyWith((store) => ({
    get: (key, look) => store.get(change(key), look),
    getMany: (keys, looks) => store.getMany(keys.map(change), looks),
    set: (key, entry, since) => store.set(change(key), entry, since),
    setMany: (items) => store.setMany(items.map((item) => ({ ...item, key: change(item.key) }))),
    delete: (key) => store.delete(change(key)),
    deleteMany: (keys) => store.deleteMany(keys.map(change)),
  }))

/** Every mark changed, or dropped, on its way in. */
export const marking = (change: (mark: Mark) => Mark | undefined): StoreSuiteOptions =>
  historyWith((store) => ({
    invalidate: (marks) => store.invalidate(marks.map(change).filter((mark) => mark !== undefined)),
  }))

/** Each mark forgets entries beyond those that it covers. */
export const covering = (covers: (mark: Mark, entry: Entry, key: string) => boolean): StoreSuiteOptions =>
  historyWith((store, { rows }) => ({
    async invalidate(marks) {
      const done = store.invalidate(marks)
      for (const mark of marks) for (const [key, { entry }] of rows) if (covers(mark, entry, key)) rows.delete(key)
      await done
    },
  }))

/** Computed sets are fenced by some rules only: `lets` says which refusals are ignored. */
export const fencing = (
  lets: (key: string, entry: Entry, history: { store: HistoryStore; seen: Seen }) => boolean,
): StoreSuiteOptions =>
  historyWith((store) => {
    const seen: Seen = { cleared: false, deleted: new Set(), marks: [] }
    return {
      clear() {
        seen.cleared = true
        return store.clear()
      },
      delete(key) {
        seen.deleted.add(key)
        return store.delete(key)
      },
      invalidate(marks) {
        seen.marks.push(...marks)
        return store.invalidate(marks)
      },
      async set(key, entry, since) {
        const outcome = store.set(key, entry, since)
        if (since === undefined || (await outcome).stored) return outcome
        return lets(key, entry, { store, seen }) ? store.set(key, entry) : outcome
      },
    }
  })

interface Seen {
  cleared: boolean
  readonly deleted: Set<string>
  readonly marks: Mark[]
}

export const history = (change: Change) => historyWith(change)
