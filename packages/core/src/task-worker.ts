import type { Awaitable } from './awaitable.js'
import { CurrentComputation } from './computation.js'
import { GranaryError } from './errors.js'
import { checkName } from './namespace.js'
import { CurrentRun, type Run } from './run.js'
import { Flight } from './single-flight.js'
import type { Task, TypeOf } from './task.js'

export interface RunOptions {
  /** Ends this caller's wait, with the signal's reason. */
  readonly signal?: AbortSignal | undefined
}

/**
 * Consumes one task and publishes any number of others. Outputs are delivered in the order of their publishing, after
 * `consumeWork` has succeeded: all or none.
 *
 * @typeParam Input tasks that it consumes
 * @typeParam Output tasks that it publishes
 */
export abstract class TaskWorker<Input extends Task, Output extends Task> {
  /** Names the worker in keys, statistics and events. Said explicitly: class names change under minification. */
  abstract readonly name: string
  abstract readonly inputType: TypeOf<Input>
  /** Every type that the worker may publish. */
  abstract readonly outputTypes: readonly TypeOf<Output>[]
  #nameIsChecked = false

  /** Does the work, publishing with `run.publishWork`. */
  abstract consumeWork(task: Input, run: Run<Output>): Awaitable<void>

  /**
   * Runs the worker on a task and gives its outputs.
   *
   * @throws GranaryError `INVALID_TASK` for a task of another type, `UNDECLARED_OUTPUT` for an output of a type that is
   *   not in `outputTypes`, `INVALID_OPTION` for a worker without a name
   */
  async run(task: Input, { signal }: RunOptions = {}): Promise<readonly Output[]> {
    this.checkInput(task)
    const work = (flight: Flight<readonly Output[]>) => {
      const run = new CurrentRun<Output>(this.name, this.outputTypes, new CurrentComputation([], () => flight.signal))
      return CurrentRun.collect(run, () => this.consumeWork(task, run))
    }
    signal?.throwIfAborted()
    return Flight.alone(work).wait(signal)
  }

  protected checkInput(task: unknown): asserts task is Input {
    if (!this.#nameIsChecked) checkWorkerName(this.name)
    if (!Array.isArray(this.outputTypes) || typeof this.inputType?.is !== 'function') {
      throw new GranaryError(
        'INVALID_OPTION',
        `worker ${this.name} needs an inputType, and outputTypes: an array of all that it publishes`,
      )
    }
    this.#nameIsChecked = true
    if (this.inputType.is(task)) return
    throw new GranaryError(
      'INVALID_TASK',
      `worker ${this.name} consumes ${this.inputType.type} tasks: make one with its task type`,
    )
  }
}

export function checkWorkerName(name: unknown): void {
  try {
    checkName(name, 'name')
  } catch (cause) {
    throw new GranaryError('INVALID_OPTION', "a worker needs a name of its own: readonly name = 'summarize'", { cause })
  }
}
