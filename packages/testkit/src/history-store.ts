import {
  type Clock,
  type Entry,
  type Feed,
  type Mark,
  type News,
  namespaceLineage,
  type Position,
  refused,
  type SetOutcome,
  STORED,
  type Store,
  systemClock,
} from '@granary/core'
import { infoOf } from './entry.js'
import { historyLeases, type LeaseState } from './history-leases.js'

/** What a {@link historyStore} keeps. Two stores over one are two processes over one backend. */
export interface HistoryState {
  /** Position of the newest write or mark. */
  position: number
  /** Entries by key, each with the position at which it was written. */
  readonly rows: Map<string, { readonly entry: Entry; readonly version: number }>
  /** The newest mark on each scope, where it stands, and the store that made it. */
  readonly marks: Map<string, { readonly mark: Mark; readonly at: number; readonly by: object }>
  readonly leases: LeaseState
}

export interface HistoryStoreOptions {
  /** `'history'` by default. */
  readonly name?: string
  /** Where entries and marks are kept; new and empty by default. */
  readonly state?: HistoryState
  /** By which `prune()` tells what has expired, and leases lapse; the system's by default. */
  readonly clock?: Clock
}

type Promised<F> = F extends (...args: infer A) => infer R ? (...args: A) => Promise<Awaited<R>> : F

type Full = Required<Omit<Store<unknown>, 'layers' | 'local' | 'observe' | 'policy' | 'journal' | 'ledger'>>

/** A store with every capability but `observe`, that answers with promises. */
export type HistoryStore = { [K in keyof Full]: K extends 'entries' | 'feed' ? Full[K] : Promised<Full[K]> }

/** A new, empty state of a {@link historyStore}. */
export function historyState(): HistoryState {
  return { position: 1, rows: new Map(), marks: new Map(), leases: new Map() }
}

/**
 * A store over a Map as a backend shared by processes would be: asynchronous, durable as long as its state is kept, and
 * with a history, by which it fences late sets and judges entries. The contract of a store in its shortest form.
 */
export function historyStore({
  name = 'history',
  state = historyState(),
  clock = systemClock(),
}: HistoryStoreOptions = {}): HistoryStore {
  const { rows, marks } = state
  const own = {}

  const markAt = (mark: Mark) => marks.get(scopeOf(mark))?.at ?? 0
  const newestMark = ({ namespace, tags }: Entry) =>
    Math.max(
      markAt({ namespace: '' }),
      ...namespaceLineage(namespace).map((path) => markAt({ namespace: path })),
      ...tags.map((tag) => markAt({ tag })),
    )

  function read(key: string): Entry | undefined {
    const entry = rows.get(key)?.entry
    return entry !== undefined && newestMark(entry) <= entry.since ? entry : undefined
  }

  function write(key: string, entry: Entry, since?: Position): SetOutcome {
    const began = since as number | undefined
    if (began !== undefined) {
      if ((rows.get(key)?.version ?? 0) > began) return refused('overtaken')
      if (Math.max(markAt({ key }), newestMark(entry)) > began) return refused('invalidated')
    } else if (rows.has(key)) mark({ key })
    state.position += 1
    rows.set(key, { entry: { ...entry, since: began ?? state.position }, version: state.position })
    return STORED
  }

  function mark(scope: Mark): void {
    state.position += 1
    marks.set(scopeOf(scope), { mark: scope, at: state.position, by: own })
    if ('key' in scope) rows.delete(scope.key)
  }

  function remove(key: string): boolean {
    const found = read(key) !== undefined
    mark({ key })
    return found
  }

  function feed(listener: (news: News) => void): Feed {
    let last = state.position
    let isOpen = true
    return {
      poll() {
        if (!isOpen) return
        const news = [...marks.values()].filter(({ at, by }) => at > last && by !== own)
        last = state.position
        if (news.length > 0) listener(news.map(({ mark }) => mark))
      },
      close() {
        isOpen = false
      },
    }
  }

  return {
    name,
    durable: true,
    async get(key, look) {
      if (look !== undefined) look.at = state.position
      return read(key)
    },
    set: async (key, entry, since) => write(key, entry, since),
    delete: async (key) => remove(key),
    clear: async () => mark({ namespace: '' }),
    async getMany(keys, looks = []) {
      for (const look of looks) look.at = state.position
      return keys.map(read)
    },
    setMany: async (items) => items.map(({ key, entry, since }) => write(key, entry, since)),
    deleteMany: async (keys) => keys.map(remove),
    invalidate: async (scopes) => scopes.forEach(mark),
    entries: () => [...rows].flatMap(([key, { entry }]) => (read(key) === undefined ? [] : [infoOf(key, entry)])),
    async prune() {
      const before = rows.size
      for (const [key, { entry }] of rows)
        if (read(key) === undefined || entry.staleUntil <= clock.now()) rows.delete(key)
      return before - rows.size
    },
    evict: async () => 0,
    feed,
    lease: historyLeases(state.leases, clock, (key, since) => {
      return since !== undefined && (rows.get(key)?.version ?? 0) > (since as number)
    }),
    stats: async () => ({ entries: rows.size, bytes: 0 }),
    async close() {},
  }
}

function scopeOf(mark: Mark): string {
  const [[kind, name]] = Object.entries(mark) as [[string, string]]
  return `${kind}:${name}`
}
