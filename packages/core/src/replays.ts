import type { Awaitable } from './awaitable.js'
import type { ComputeOptions } from './cache.js'
import { type Computation, type CurrentComputation, NOT_MODIFIED } from './computation.js'
import { OwnStorage, type Storage } from './own-storage.js'
import { CurrentRun } from './run.js'
import type { Task } from './task.js'
import type { RunOptions } from './task-worker.js'
import type { WorkerKey } from './worker-key.js'
import type { WorkerRules } from './worker-rules.js'
import type { WorkerSetup } from './worker-setup.js'

/** A worker as its runs see it: its rules, and how one task's outputs are read and stored. */
type CachedWorker<Input extends Task, Output extends Task> = WorkerRules<Input, Output> & {
  getFromCache(task: Input): Awaitable<readonly Output[] | undefined>
  saveToCache(task: Input, outputs: readonly Output[]): Awaitable<boolean>
  deleteFromCache(task: Input): Awaitable<boolean>
}

/** The runs of a worker on tasks that may be cached: outputs are replayed, or the work is done and judged by its rules. */
export class Replays<Input extends Task, Output extends Task> {
  /** How runs read and store, where the worker overrides a method for it. */
  readonly own: OwnStorage<readonly Output[]> | undefined
  readonly #worker: CachedWorker<Input, Output>
  readonly #setup: WorkerSetup<Output>
  readonly #key: WorkerKey<Input>

  constructor(
    worker: CachedWorker<Input, Output>,
    setup: WorkerSetup<Output>,
    key: WorkerKey<Input>,
    hasOwnStorage: boolean,
  ) {
    this.#worker = worker
    this.#setup = setup
    this.#key = key
    this.own = hasOwnStorage ? new OwnStorage(setup.cache) : undefined
  }

  /** @param onCompute called when the work itself is begun */
  run(task: Input, options: RunOptions, onCompute?: (task: Input) => void): Promise<readonly Output[]> {
    const { cache, settings } = this.#setup
    const given = options.signal === undefined ? settings : { ...settings, signal: options.signal }
    const compute = (computation: Computation) => this.#consume(task, computation, onCompute)
    if (this.own !== undefined) return this.#runThrough(this.own, task, given, compute)
    return cache.getOrCompute(this.#key.of(task), compute, given)
  }

  /** Is it an output that the worker declares? */
  declares(output: unknown): output is Output {
    return this.#worker.outputTypes.some((type) => type.is(output))
  }

  /** A run that reads and stores by the methods that were overridden. The engine only computes: reading is a part of that. */
  #runThrough(
    own: OwnStorage<readonly Output[]>,
    task: Input,
    options: ComputeOptions<readonly Output[]>,
    compute: Storage<readonly Output[]>['compute'],
  ): Promise<readonly Output[]> {
    const key = this.#key.of(task)
    const worker = this.#worker
    const storage: Storage<readonly Output[]> = {
      compute,
      get: () => worker.getFromCache(task),
      save: (outputs) => worker.saveToCache(task, outputs),
      delete: () => worker.deleteFromCache(task),
      tagsOf: (outputs) => worker.getTags(task, outputs),
      isIntact: (outputs) => Array.isArray(outputs) && outputs.every((output) => this.declares(output)),
    }
    const run = (computation: Computation) => own.run(key, storage, computation as CurrentComputation)
    return this.#setup.cache.getOrCompute(key, run, { ...options, mode: 'refresh' })
  }

  async #consume(
    task: Input,
    computation: Computation,
    onCompute: ((task: Input) => void) | undefined,
  ): Promise<readonly Output[]> {
    onCompute?.(task)
    const worker = this.#worker
    const run = new CurrentRun<Output>(worker.name, worker.outputTypes, computation)
    const collected = await CurrentRun.collect(run, () => worker.consumeWork(task, run))
    const outputs = (collected as unknown) === NOT_MODIFIED ? (run.stale?.value ?? []) : collected
    if (!worker.shouldStore(task, outputs)) computation.store = false
    computation.ttl ??= worker.getTtl(task, outputs)
    computation.tag(...worker.getTags(task, outputs))
    const { cache, all } = this.#setup
    const key = this.#key.of(task)
    cache.rememberParts(key, all, () => (this.#key.make(task) === key ? this.#key.roots(task) : undefined))
    return collected
  }
}
