import type { Awaitable } from './awaitable.js'
import type { Ttl } from './duration.js'
import type { Task } from './task.js'
import { TaskWorker } from './task-worker.js'

/** How a run ended; see `afterConsume`. */
export type Outcome<Output extends Task> =
  /** This run did the work. */
  | { readonly kind: 'computed'; readonly outputs: readonly Output[]; readonly elapsedMs: number }
  /** The outputs came from the cache, or from work on an equal task that was under way. */
  | { readonly kind: 'replayed'; readonly outputs: readonly Output[]; readonly elapsedMs: number }
  | { readonly kind: 'failed'; readonly error: unknown; readonly elapsedMs: number }

/** What a cached worker may decide for itself, by overriding a method: what is cached, for how long, under which key. */
export abstract class WorkerRules<Input extends Task, Output extends Task> extends TaskWorker<Input, Output> {
  /** Whether this task's outputs may come from the cache and be stored. Default: always. */
  shouldCache(_task: Input): boolean {
    return true
  }

  /** Whether these outputs may be stored, once they are there; they are delivered in any case. Default: always. */
  shouldStore(_task: Input, _outputs: readonly Output[]): boolean {
    return true
  }

  /** Time to live of these outputs; `run.ttl` overrides it. One of nothing means: do not store. Default: the worker's. */
  getTtl(_task: Input, _outputs: readonly Output[]): Ttl | undefined {
    return undefined
  }

  /** Tags of these outputs, besides those of `caching` and `run.tag()`. Default: none. */
  getTags(_task: Input, _outputs: readonly Output[]): readonly string[] {
    return []
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
   * What a class of workers puts into the keys of its subclasses, whatever those override: it stands before
   * what `extraCacheKey` gives. For authors of such classes. Default: nothing.
   */
  protected inheritedCacheKey(_task: Input): readonly unknown[] {
    return []
  }

  /** Called before every run, also one that will be a hit. What it throws is what the run rejects with. */
  beforeConsume(_task: Input): Awaitable<void> {}

  /** Called after every run, also after a hit or a failure; the run waits for it. */
  afterConsume(_task: Input, _outcome: Outcome<Output>): Awaitable<void> {}
}
