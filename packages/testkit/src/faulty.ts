import type { Clock, KeyedInfo, Store, StoreOperation } from '@granary/core'

/** The methods of a store that {@link faulty} can break, each with the operation that names it. */
const OPERATION_OF: Record<StoreMethod, StoreOperation> = {
  get: 'get',
  getMany: 'get',
  set: 'set',
  setMany: 'set',
  delete: 'delete',
  deleteMany: 'delete',
  clear: 'clear',
  invalidate: 'invalidate',
  entries: 'entries',
  prune: 'prune',
  evict: 'evict',
  stats: 'stats',
  feed: 'feed',
  lease: 'lease',
  close: 'close',
}

export type StoreMethod = Exclude<StoreOperation, 'explain' | 'savings'> | 'getMany' | 'setMany' | 'deleteMany'

export interface FailOptions {
  /** How many calls fail before the operation works again; all, until {@link FaultyStore.heal}, by default. */
  readonly times?: number
  /** What the calls reject with; an Error that names the operation by default. */
  readonly error?: unknown
}

/** A store that breaks on demand. A batch (`getMany`, …) meets the fault of its single operation. */
export interface FaultyStore<V = unknown> extends Store<V> {
  /** How often each method was called, the calls that failed or hang included. */
  readonly calls: Record<StoreMethod, number>
  /** Calls that hang now. */
  readonly hanging: number
  /** From now on the operation fails before it reaches the store: a local store throws, any other rejects. */
  fail(operation: StoreOperation, options?: FailOptions): void
  /** From now on the operation does not settle. On {@link heal} the calls reach the store, in the order of the calls. */
  hang(operation: StoreOperation): void
  /** From now on the operation reaches the store `ms` later on the clock. */
  delay(operation: StoreOperation, ms: number, clock: Clock): void
  /** Ends the faults of one operation, or all of them. Calls that hang go on; a delay that began runs out. */
  heal(operation?: StoreOperation): void
}

const METHODS = Object.keys(OPERATION_OF) as StoreMethod[]

/** What stands before a call: throws or rejects to fail it, resolves to let it through. */
type Fault = () => Promise<void>
type Method = (...args: unknown[]) => unknown

/**
 * Wraps a store so that its operations can be made to fail, hang or be late. Keeps its name and capabilities. Where
 * nothing is broken, a call goes straight through: a local store still answers at once.
 */
export function faulty<V = unknown>(store: Store<V>): FaultyStore<V> {
  const faults = new Map<StoreOperation, Fault>()
  const hung: { operation: StoreOperation; release: () => void }[] = []
  const calls = Object.fromEntries(METHODS.map((method) => [method, 0])) as FaultyStore<V>['calls']

  function heal(operation?: StoreOperation): void {
    if (operation === undefined) faults.clear()
    else faults.delete(operation)
    const healed = hung.filter((call) => operation === undefined || call.operation === operation)
    for (const call of healed) {
      hung.splice(hung.indexOf(call), 1)
      call.release()
    }
  }

  function wrap(method: StoreMethod): Method {
    const operation = OPERATION_OF[method]
    const work: Method = (...args) => (store[method] as Method).apply(store, args)
    return (...args) => {
      calls[method] += 1
      const fault = faults.get(operation)
      if (fault === undefined) return work(...args)
      if (operation === 'entries') return entriesAfter(fault, work as Entries)
      return fault().then(() => work(...args))
    }
  }

  const wrapped = Object.fromEntries(
    METHODS.filter((method) => store[method] !== undefined).map((method) => [method, wrap(method)]),
  )
  return {
    ...store,
    ...(wrapped as unknown as Store<V>),
    name: store.name,
    calls,
    get hanging() {
      return hung.length
    },
    fail(operation, { times = Number.POSITIVE_INFINITY, error = new Error(`${operation} fails, as asked`) } = {}) {
      let left = times
      faults.set(operation, () => {
        left -= 1
        if (left === 0) faults.delete(operation)
        if (store.local) throw error
        return Promise.reject(error)
      })
    },
    hang(operation) {
      faults.set(operation, () => new Promise((release) => hung.push({ operation, release })))
    },
    delay(operation, ms, clock) {
      faults.set(operation, () => new Promise((release) => void clock.after(ms, release)))
    },
    heal,
  }
}

type Entries = () => Iterable<KeyedInfo> | AsyncIterable<KeyedInfo>

async function* entriesAfter(fault: Fault, entries: Entries): AsyncIterable<KeyedInfo> {
  await fault()
  yield* entries()
}
