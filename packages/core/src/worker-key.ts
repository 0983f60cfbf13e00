import { canonical, KEY_FORMAT, keyOf } from './key.js'
import type { Roots } from './key-parts.js'
import { Task } from './task.js'
import type { TaskWorker } from './task-worker.js'

/** What a worker's keys are made of, where it is not the task alone. */
export interface KeyRules<Input extends Task> {
  readonly getCacheKey: (task: Input) => readonly unknown[]
  readonly inheritedCacheKey: (task: Input) => readonly unknown[]
  readonly extraCacheKey: (task: Input) => readonly unknown[]
}

/** Makes the keys of a worker. */
export class WorkerKey<Input extends Task> {
  readonly #head: Roots
  /** The canonical form of what all keys of this worker begin with. */
  readonly #prefix: string
  readonly #rules: KeyRules<Input> | undefined

  /** @param rules `undefined` if the key is made from the task alone */
  constructor(worker: TaskWorker<Input, Task>, version: string, rules: KeyRules<Input> | undefined) {
    const { name, inputType, outputTypes } = worker
    const types = [inputType.type, outputTypes.map(({ type }) => type)]
    this.#prefix = `${canonical([KEY_FORMAT, name, version, ...types]).slice(0, -1)},`
    this.#head = [
      ['worker.version', version],
      ['worker.types', types],
    ]
    this.#rules = rules
  }

  /** @throws GranaryError `INVALID_KEY`, naming the path */
  of(task: Input): string {
    return this.#rules === undefined ? Task.keyFor(task, this, () => this.make(task)) : this.make(task)
  }

  /** The key as it is now, also where {@link WorkerKey.of} remembers it. */
  make(task: Input): string {
    const rules = this.#rules
    if (rules === undefined) return keyOf(`${this.#prefix}[${canonical(task, 'task')}],[]]`)
    const parts = canonical(rules.getCacheKey(task), 'task')
    const extra = [...rules.inheritedCacheKey(task), ...rules.extraCacheKey(task)]
    return keyOf(`${this.#prefix}${parts},${canonical(extra, 'extra')}]`)
  }

  /** What the key is made of, by the names that `explain` calls it. */
  roots(task: Input): Roots {
    const rules = this.#rules
    if (rules === undefined) return [...this.#head, ['', task]]
    const parts = rules.getCacheKey(task)
    const isTask = parts.length === 1 && parts[0] === task
    return [
      ...this.#head,
      isTask ? ['', task] : ['getCacheKey', parts],
      ['inheritedCacheKey', rules.inheritedCacheKey(task)],
      ['extraCacheKey', rules.extraCacheKey(task)],
    ]
  }
}
