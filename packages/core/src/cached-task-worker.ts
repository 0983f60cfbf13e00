import type { Cache } from './cache.js'
import type { Caching } from './caching.js'
import type { Duration } from './duration.js'
import { GranaryError } from './errors.js'
import { type Explanation, explained } from './explain.js'
import { type Shape, valueIn } from './held-entry.js'
import { checkOptions } from './options.js'
import { fieldsOutsideKey, outsideKey } from './own-fields.js'
import { Replays } from './replays.js'
import type { CacheStats } from './stats.js'
import type { Task } from './task.js'
import type { RunOptions } from './task-worker.js'
import { clearOld, clearVersions, listVersions, type VersionInfo, type WorkerEntry, workerEntries } from './versions.js'
import { type WarmUp, type WarmUpOptions, warmUp } from './warm-up.js'
import { type KeyRules, WorkerKey } from './worker-key.js'
import { WorkerRules } from './worker-rules.js'
import { setUpWorker, type WorkerSetup } from './worker-setup.js'

export interface CachedTaskWorkerOptions {
  readonly cache: Cache
  readonly caching?: Caching
}

/**
 * A worker whose published outputs are kept under a key made from its input, and replayed the next time: a hit and a
 * miss look the same downstream. The cached value is the list of tasks that one run published.
 *
 * Its entries live in the namespace `worker:<name>` / `version:<version>` of the cache. What a subclass overrides is
 * looked at once: a method that is not overridden costs a hit nothing.
 */
export abstract class CachedTaskWorker<Input extends Task, Output extends Task> extends WorkerRules<Input, Output> {
  readonly caching: Caching = {}
  readonly #given: CachedTaskWorkerOptions
  #setup: Setup<Input, Output> | undefined

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

  /**
   * The key of this task's outputs, within the worker's namespace: SHA-256 in hexadecimal of the canonical form of
   * `['granary/1', name, version, input type, output types, [...getCacheKey(task)], [...inheritedCacheKey(task),
   * ...extraCacheKey(task)]]`.
   *
   * @throws GranaryError `INVALID_KEY`, naming the path, for a part that no key can be made of
   */
  key(task: Input): string {
    this.checkInput(task)
    return this.#prepared.key.of(task)
  }

  override run(task: Input, options: RunOptions = {}): Promise<readonly Output[]> {
    try {
      this.checkInput(task)
      const { isAttended, replays, onCompute } = this.#prepared
      if (isAttended) return this.#attended(task, options)
      return this.shouldCache(task) ? replays.run(task, options, onCompute) : super.run(task, options)
    } catch (error) {
      return Promise.reject(error)
    }
  }

  /** The outputs that are cached for a task, `undefined` on a miss; not counted. An override is what runs read by. */
  async getFromCache(task: Input): Promise<readonly Output[] | undefined> {
    const { cache, settings } = this.#prepared
    const found = await cache.look(this.key(task), settings.shape as Shape)
    return found && (valueIn(found.held, settings.shape as Shape) as readonly Output[])
  }

  /**
   * Stores outputs for a task; true when every layer has applied it. An override is what runs store by, and a run then
   * waits for it; within a run, `super.saveToCache` stores nothing that was overtaken by an invalidation meanwhile.
   *
   * @throws GranaryError `UNDECLARED_OUTPUT` for what the worker does not declare
   */
  async saveToCache(task: Input, outputs: readonly Output[]): Promise<boolean> {
    const { cache, settings, replays } = this.#prepared
    const key = this.key(task)
    if (!Array.isArray(outputs) || !outputs.every((output) => replays.declares(output))) {
      throw new GranaryError(
        'UNDECLARED_OUTPUT',
        `worker ${this.name} stores outputs of the types that it declares: give an array of such tasks`,
      )
    }
    const write = replays.own?.writeOf(key)
    if (write !== undefined) return write(outputs)
    const ttl = this.getTtl(task, outputs) ?? settings.ttl
    const tags = [...(settings.tags ?? []), ...this.getTags(task, outputs)]
    return cache.set(key, settings.shape.toStored(outputs), { tags, ...(ttl === undefined ? {} : { ttl }) })
  }

  /** Deletes what is cached for a task. Was there something? */
  async deleteFromCache(task: Input): Promise<boolean> {
    return this.#prepared.cache.delete(this.key(task))
  }

  /** Would a run of this task be a hit? Not counted. */
  async isCached(task: Input): Promise<boolean> {
    return this.shouldCache(task) && (await this.getFromCache(task)) !== undefined
  }

  /**
   * Computes and stores the outputs of tasks that are not cached, and delivers nothing: neither `beforeConsume` nor
   * `afterConsume` is called. A task that fails is in the answer.
   *
   * @throws GranaryError `INVALID_OPTION`; the signal's reason
   */
  warmCache(tasks: Iterable<Input> | AsyncIterable<Input>, options: WarmUpOptions<Input> = {}): Promise<WarmUp<Input>> {
    return warmUp(tasks, options, async (task) => {
      this.checkInput(task)
      if (!this.shouldCache(task)) return 'skipped'
      let computed = false
      await this.#perform(task, { signal: options.signal }, () => {
        computed = true
      })
      return computed ? 'computed' : 'cached'
    })
  }

  /**
   * Says why this task is a hit or a miss: expired, evicted, deleted, refused …; or in which parts its key differs from that
   * of the nearest task that is cached; or that it is not known. Counts nothing.
   */
  async explain(task: Input): Promise<Explanation> {
    this.checkInput(task)
    if (!this.shouldCache(task)) return explained({ outcome: 'miss', cause: 'not-cached' })
    const { cache, all, settings, key } = this.#prepared
    return cache.explainParts(key.of(task), all, key.roots(task), settings.shape as Shape)
  }

  /** What was done so far for this worker, all versions of it, and how fast. */
  cacheStats(): Promise<CacheStats> {
    return this.cache.stats()
  }

  /** Keys and metadata of this worker's entries, all versions of it, without values. */
  entries(): AsyncIterableIterator<WorkerEntry> {
    return workerEntries(this.cache)
  }

  /** The versions of this worker that have entries, newest first. Goes through all of them. */
  cachedVersions(): Promise<VersionInfo[]> {
    return listVersions(this.cache)
  }

  /** Makes a miss of every entry of this worker, all versions of it; O(1). */
  clearCache(): Promise<void> {
    return this.cache.clear()
  }

  /**
   * Deletes this worker's entries that were made longer ago than this; how many.
   *
   * @throws GranaryError `INVALID_OPTION` for what is no duration
   */
  async clearOldEntries(options: { readonly olderThan: Duration }): Promise<number> {
    checkOptions('clearOldEntries', options, ['olderThan'])
    return clearOld(this.cache, options.olderThan, this.#prepared.cache.clock.now())
  }

  /** Clears all versions of this worker but these, the current one by default; which were cleared. */
  async clearVersions(options: { readonly except?: string | readonly string[] } = {}): Promise<string[]> {
    checkOptions('clearVersions', options, ['except'])
    const { except = this.#prepared.version } = options
    return clearVersions(this.cache, typeof except === 'string' ? [except] : except)
  }

  #perform(task: Input, options: RunOptions, onCompute: () => void): Promise<readonly Output[]> {
    const { replays, onCompute: checkFields } = this.#prepared
    const began = (): void => {
      onCompute()
      checkFields(task)
    }
    if (this.shouldCache(task)) return replays.run(task, options, began)
    onCompute()
    return super.run(task, options)
  }

  /** A run with what is to be done before and after it. */
  async #attended(task: Input, options: RunOptions): Promise<readonly Output[]> {
    await this.beforeConsume(task)
    if (this.#prepared.caching.debug) await this.#tellWhy(task)
    const began = performance.now()
    const elapsed = () => ({ elapsedMs: performance.now() - began })
    let kind: 'replayed' | 'computed' = 'replayed'
    let outputs: readonly Output[]
    try {
      outputs = await this.#perform(task, options, () => {
        kind = 'computed'
      })
    } catch (error) {
      await this.afterConsume(task, { kind: 'failed', error, ...elapsed() })
      throw error
    }
    await this.afterConsume(task, { kind, outputs, ...elapsed() })
    return outputs
  }

  async #tellWhy(task: Input): Promise<void> {
    const { cache } = this.#prepared
    cache.tellWhy(this.key(task), await this.explain(task))
  }

  /** Read late and once: the fields of a subclass are not set while this class's constructor runs. */
  get #prepared(): Setup<Input, Output> {
    this.#setup ??= this.#prepare()
    return this.#setup
  }

  #prepare(): Setup<Input, Output> {
    const setup = setUpWorker<Output>(this as never, this.#given)
    const hasOwn = (...methods: (keyof CachedTaskWorker<Input, Output>)[]) =>
      methods.some((method) => this[method] !== CachedTaskWorker.prototype[method])
    const isOfTask =
      !hasOwn('getCacheKey', 'extraCacheKey') && this.inheritedCacheKey === CachedTaskWorker.prototype.inheritedCacheKey
    const rules: KeyRules<Input> | undefined = isOfTask
      ? undefined
      : {
          getCacheKey: (task) => this.getCacheKey(task),
          inheritedCacheKey: (task) => this.inheritedCacheKey(task),
          extraCacheKey: (task) => this.extraCacheKey(task),
        }
    const key = new WorkerKey(this, setup.version, rules)
    return {
      ...setup,
      key,
      replays: new Replays(this, setup, key, hasOwn('getFromCache', 'saveToCache', 'deleteFromCache')),
      isAttended: setup.caching.debug === true || hasOwn('beforeConsume', 'afterConsume'),
      onCompute: this.#fieldCheck(setup, isOfTask),
    }
  }

  /** Warns, with the first work that is done, of own fields that change outputs perhaps, and the key certainly not. */
  #fieldCheck({ cache, caching }: WorkerSetup<Output>, isOfTask: boolean): (task: Input) => void {
    let isDone = false
    return (task) => {
      if (isDone) return
      isDone = true
      const keyOf = (worker: this) => [
        worker.getCacheKey(task),
        worker.inheritedCacheKey(task),
        worker.extraCacheKey(task),
      ]
      const fields = fieldsOutsideKey(this, caching.outsideKey ?? [], isOfTask ? undefined : keyOf)
      if (fields.length > 0) cache.tell({ type: 'warning', worker: this.name, fields, message: outsideKey(fields) })
    }
  }
}

interface Setup<Input extends Task, Output extends Task> extends WorkerSetup<Output> {
  readonly key: WorkerKey<Input>
  readonly replays: Replays<Input, Output>
  /** Is something to be done before and after a run? */
  readonly isAttended: boolean
  /** To be called when work is begun. */
  readonly onCompute: (task: Input) => void
}
