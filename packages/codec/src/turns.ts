import { type Awaitable, isPromise } from '@granary/core'

/**
 * Keeps operations in the order of their calls where one has to wait before it can begin. Operations on one key take
 * turns, those on different keys do not wait for each other, and one on everything is a barrier between what was
 * called before it and what is called after.
 */
export interface Turns {
  /** What an operation on these keys has to wait for; `undefined` if it can begin now. */
  before(keys: readonly string[]): Promise<unknown> | undefined
  /** What an operation on everything has to wait for. */
  beforeAll(): Promise<unknown> | undefined
  /**
   * Begins an operation when its turn has come and what it works on is ready; now, if neither is to be waited for. Its
   * turn is over when it has begun: from then on the store below keeps the order.
   */
  take<R, T>(keys: readonly string[] | 'all', ready: Awaitable<R>, begin: (ready: R) => Awaitable<T>): Awaitable<T>
}

export function turns(): Turns {
  /** The last turn on each key since the barrier. */
  const pending = new Map<string, Promise<unknown>>()
  let barrier: Promise<unknown> | undefined

  function before(keys: readonly string[]): Promise<unknown> | undefined {
    if (pending.size === 0 && barrier === undefined) return undefined
    const waits = new Set(keys.map((key) => pending.get(key) ?? barrier))
    waits.delete(undefined)
    return waits.size === 0 ? undefined : Promise.all(waits)
  }

  function beforeAll(): Promise<unknown> | undefined {
    return pending.size === 0 ? barrier : Promise.all([barrier, ...pending.values()])
  }

  function take<R, T>(
    keys: readonly string[] | 'all',
    ready: Awaitable<R>,
    begin: (ready: R) => Awaitable<T>,
  ): Awaitable<T> {
    const turn = keys === 'all' ? beforeAll() : before(keys)
    if (turn === undefined && !isPromise(ready)) return begin(ready)
    // In an object, so that the turn does not wait for the result.
    const begun = Promise.all([ready, turn]).then(([made]) => ({ result: begin(made) }))
    const over = begun.then(nothing, nothing)
    if (keys === 'all') beginBarrier(over)
    else for (const key of keys) beginTurn(key, over)
    return begun.then(({ result }) => result)
  }

  function beginBarrier(over: Promise<unknown>): void {
    pending.clear()
    barrier = over
    void over.then(() => {
      if (barrier === over) barrier = undefined
    })
  }

  function beginTurn(key: string, over: Promise<unknown>): void {
    pending.set(key, over)
    void over.then(() => {
      if (pending.get(key) === over) pending.delete(key)
    })
  }

  return { before, beforeAll, take }
}

function nothing(): void {}
