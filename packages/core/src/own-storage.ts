import type { Awaitable } from './awaitable.js'
import type { CurrentComputation } from './computation.js'
import { GranaryError } from './errors.js'
import type { ScopedCache } from './scoped-cache.js'

/** Gives a value to the stores, unless the run was overtaken. Was it stored in all of them? */
type Write = (value: unknown) => Awaitable<boolean>

/** How a worker whose methods for it were overridden reads and writes one key. */
export interface Storage<V> {
  get(): Awaitable<V | undefined>
  save(value: V): Awaitable<unknown>
  delete(): Awaitable<unknown>
  isIntact(value: unknown): boolean
  /** The tags of a value that was read: who joins has to know what invalidates it. */
  tagsOf(value: V): readonly string[]
  compute(computation: CurrentComputation): Awaitable<V>
}

/**
 * Lets a worker's own `getFromCache`, `saveToCache` and `deleteFromCache` take part in the engine's runs. What they throw
 * is an event: a failed read is a miss, and a failed write loses nothing but the stored copy.
 */
export class OwnStorage<V> {
  readonly #cache: ScopedCache
  /** The writes that are open, by key, oldest first: it is fenced the most strictly. */
  readonly #open = new Map<string, Write[]>()

  constructor(cache: ScopedCache) {
    this.#cache = cache
  }

  /** The run of a key, for the engine's mode `'refresh'`: reads, computes on a miss, and lets the value be saved. */
  async run(key: string, storage: Storage<V>, computation: CurrentComputation): Promise<V> {
    const found = await this.#read(storage)
    if (found !== undefined) {
      computation.tag(...storage.tagsOf(found))
      computation.replayed = true
      return found
    }
    this.#cache.countMiss(key)
    const value = await storage.compute(computation)
    computation.save = (write) => this.#save(key, storage, value, write)
    return value
  }

  /** What stores a value of this key within the run that is about to save it; `undefined` if none is. */
  writeOf(key: string): Write | undefined {
    return this.#open.get(key)?.[0]
  }

  async #read(storage: Storage<V>): Promise<V | undefined> {
    const found = await this.#attempt('get', () => storage.get())
    if (found === undefined || storage.isIntact(found)) return found
    const error = new GranaryError('CORRUPT', 'getFromCache gave what are no outputs of this worker: they were deleted')
    this.#failed('get', error)
    await this.#attempt('delete', () => storage.delete())
    return undefined
  }

  async #save(key: string, storage: Storage<V>, value: V, write: Write): Promise<void> {
    const open = this.#open.get(key) ?? []
    this.#open.set(key, open)
    open.push(write)
    await this.#attempt('set', () => storage.save(value))
    open.splice(open.indexOf(write), 1)
    if (open.length === 0) this.#open.delete(key)
  }

  #failed(operation: keyof typeof METHODS, error: unknown): void {
    this.#cache.tell({ type: 'failure', layer: METHODS[operation], operation, error })
  }

  async #attempt<T>(operation: keyof typeof METHODS, run: () => Awaitable<T>): Promise<T | undefined> {
    try {
      return await run()
    } catch (error) {
      this.#failed(operation, error)
      return undefined
    }
  }
}

const METHODS = { get: 'getFromCache', set: 'saveToCache', delete: 'deleteFromCache' } as const
