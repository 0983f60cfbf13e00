import type { Cache } from './cache.js'
import type { Ttl } from './duration.js'
import { GranaryError } from './errors.js'
import type { Shape } from './held-entry.js'
import { canonical, KEY_FORMAT, keyOf } from './key.js'
import { checkOptions } from './options.js'
import { outputsShape } from './outputs-shape.js'
import { CurrentRun } from './run.js'
import { Task } from './task.js'
import { checkWorkerName, type RunOptions, TaskWorker } from './task-worker.js'

/** How a worker caches. Set on the class, and overridden, option by option, in the constructor. */
export interface Caching {
  /** Time to live of the outputs. Default: the cache's. */
  readonly ttl?: Ttl
  /** Version of the algorithm: part of the key, so that a new one does not see old outputs. Default: `''`. */
  readonly version?: string
}

export interface CachedTaskWorkerOptions {
  readonly cache: Cache
  readonly caching?: Caching
}

const CACHING_OPTIONS = ['ttl', 'version']

/**
 * A worker whose published outputs are kept under a key made from its input, and replayed the next time: a hit and a
 * miss look the same downstream. The cached value is the list of tasks that one run published.
 *
 * Its entries live in the namespace `worker:<name>` / `version:<version>` of the cache.
 */
export abstract class CachedTaskWorker<Input extends Task, Output extends Task> extends TaskWorker<Input, Output> {
  readonly caching: Caching = {}
  readonly #given: CachedTaskWorkerOptions
  #setup: Setup<Output> | undefined

  /** @throws GranaryError `INVALID_OPTION` for an option that there is not, or without a cache */
  constructor(options: CachedTaskWorkerOptions) {
    super()
    checkOptions('a cached worker', options, ['cache', 'caching'])
    if (options.cache === undefined)
      throw new GranaryError('INVALID_OPTION', 'a cached worker needs a cache: new Summarize({ cache })')
    this.#given = options
  }

  /** The namespace that holds this worker's entries, all versions of it. */
  get cache(): Cache {
    return this.#prepared.all
  }

  /** Whether this task's outputs may come from the cache and be stored. Default: always. */
  shouldCache(_task: Input): boolean {
    return true
  }

  /**
   * The parts of the key that stand for the task. An override replaces the task, never the worker's name, version or
   * types: `[task.path, ...super.getCacheKey(task)]` adds to it. Any values that a key can be made of.
   */
  getCacheKey(task: Input): readonly unknown[] {
    return [task]
  }

  /** More that the outputs depend on, such as a model's name. Default: nothing. */
  extraCacheKey(_task: Input): readonly unknown[] {
    return []
  }

  /**
   * The key of this task's outputs, within the worker's namespace: SHA-256 in hexadecimal of the canonical form of
   * `['granary/1', name, version, input type, output types, [...getCacheKey(task)], [...extraCacheKey(task)]]`.
   *
   * @throws GranaryError `INVALID_KEY`, naming the path, for a part that no key can be made of
   */
  key(task: Input): string {
    this.checkInput(task)
    return this.#prepared.keyOfTask ? Task.keyFor(task, this, () => this.#makeKey(task)) : this.#makeKey(task)
  }

  override run(task: Input, options: RunOptions = {}): Promise<readonly Output[]> {
    try {
      this.checkInput(task)
      return this.shouldCache(task) ? this.#replay(task, options) : super.run(task, options)
    } catch (error) {
      return Promise.reject(error)
    }
  }

  #replay(task: Input, options: RunOptions): Promise<readonly Output[]> {
    const { cache, settings } = this.#prepared
    return cache.getOrCompute(
      this.key(task),
      (computation) => {
        const run = new CurrentRun<Output>(this.name, this.outputTypes, computation)
        return CurrentRun.collect(run, () => this.consumeWork(task, run))
      },
      options.signal === undefined ? settings : { ...settings, signal: options.signal },
    )
  }

  #makeKey(task: Input): string {
    const { prefix, keyOfTask } = this.#prepared
    if (keyOfTask) return keyOf(`${prefix}[${canonical(task, 'task')}],[]]`)
    const parts = canonical(this.getCacheKey(task), 'task')
    return keyOf(`${prefix}${parts},${canonical(this.extraCacheKey(task), 'extra')}]`)
  }

  /** Read late and once: the fields of a subclass are not set while this class's constructor runs. */
  get #prepared(): Setup<Output> {
    this.#setup ??= this.#prepare()
    return this.#setup
  }

  #prepare(): Setup<Output> {
    checkWorkerName(this.name)
    const caching = { ...this.caching, ...this.#given.caching }
    checkOptions(`caching of worker ${this.name}`, caching, CACHING_OPTIONS)
    const { ttl, version = '' } = caching
    const all = this.#given.cache.namespace(`worker:${this.name}`)
    const head = [KEY_FORMAT, this.name, version, this.inputType.type, this.outputTypes.map(({ type }) => type)]
    return {
      all,
      cache: all.namespace(`version:${version}`),
      settings: { ...(ttl === undefined ? {} : { ttl }), shape: outputsShape(this.outputTypes) },
      prefix: `${canonical(head).slice(0, -1)},`,
      keyOfTask:
        this.getCacheKey === CachedTaskWorker.prototype.getCacheKey &&
        this.extraCacheKey === CachedTaskWorker.prototype.extraCacheKey,
    }
  }
}

interface Setup<Output extends Task> {
  readonly all: Cache
  readonly cache: Cache
  readonly settings: { readonly ttl?: Ttl; readonly shape: Shape<readonly Output[]> }
  /** The canonical form of what all keys of this worker begin with. */
  readonly prefix: string
  /** Does the key depend on the task alone? */
  readonly keyOfTask: boolean
}
