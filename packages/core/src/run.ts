import type { Awaitable } from './awaitable.js'
import type { Computation, Stale } from './computation.js'
import type { Ttl } from './duration.js'
import { GranaryError } from './errors.js'
import { checkOptions } from './options.js'
import { Task, type TypeOf } from './task.js'

export interface PublishOptions {
  /** `false` leaves the outputs of the whole run unstored, as for one that tells of an error. Default: true. */
  readonly store?: boolean
}

/** One run of a worker on one task: what the worker may ask, and where it publishes. Concurrent runs never mix. */
export interface Run<Output extends Task> {
  /** Aborts when nobody waits for the outputs any more, or at the deadline. */
  readonly signal: AbortSignal
  /** Milliseconds since the run began. */
  readonly elapsedMs: number
  /** The outputs that are there already and are being refreshed, with their metadata; `undefined` if there are none. */
  readonly stale: Stale<readonly Output[]> | undefined
  /** Time to live of the outputs; overrides the worker's. One of nothing (0, NaN, negative) means: do not store. */
  ttl: Ttl | undefined
  /** Cost of the run, in a unit of the user's choice. Default: 0. */
  cost: number
  /** Adds tags under which the outputs can be invalidated. */
  tag(...tags: readonly string[]): void
  /**
   * Publishes an output. It is delivered when the run has succeeded.
   *
   * @throws GranaryError `UNDECLARED_OUTPUT` for a task of a type that the worker does not declare, `RUN_ENDED` after
   *   `consumeWork` has returned: await what publishes
   */
  publishWork(output: Output, options?: PublishOptions): void
  /**
   * Says that the stale outputs still hold, as after a reply 304: they are delivered in the place of what was published, and
   * begin a new life.
   *
   * @throws GranaryError `NOTHING_STALE` where `run.stale` is `undefined`
   */
  notModified(): void
}

/** The {@link Run} that a worker gives to its `consumeWork`. */
export class CurrentRun<Output extends Task> implements Run<Output> {
  readonly #worker: string
  readonly #types: readonly TypeOf<Output>[]
  readonly #computation: Computation
  readonly #began: number = performance.now()
  readonly #outputs: Output[] = []
  #renewed: readonly Output[] | undefined
  #ended = false

  constructor(worker: string, types: readonly TypeOf<Output>[], computation: Computation) {
    this.#worker = worker
    this.#types = types
    this.#computation = computation
  }

  /** Does the work and gives what was published meanwhile, in order. */
  static async collect<Output extends Task>(
    run: CurrentRun<Output>,
    work: () => Awaitable<void>,
  ): Promise<readonly Output[]> {
    try {
      await work()
      return run.#renewed ?? Object.freeze(run.#outputs)
    } finally {
      run.#ended = true
    }
  }

  get signal(): AbortSignal {
    return this.#computation.signal
  }

  get elapsedMs(): number {
    return performance.now() - this.#began
  }

  get stale(): Stale<readonly Output[]> | undefined {
    return this.#computation.stale as Stale<readonly Output[]> | undefined
  }

  get ttl(): Ttl | undefined {
    return this.#computation.ttl
  }

  set ttl(ttl: Ttl | undefined) {
    this.#computation.ttl = ttl
  }

  get cost(): number {
    return this.#computation.cost
  }

  set cost(cost: number) {
    this.#computation.cost = cost
  }

  tag(...tags: readonly string[]): void {
    this.#computation.tag(...tags)
  }

  publishWork(output: Output, options?: PublishOptions): void {
    if (this.#ended) {
      throw new GranaryError(
        'RUN_ENDED',
        `worker ${this.#worker} published after its run had ended: await everything in consumeWork`,
      )
    }
    if (!(output instanceof Task)) {
      throw new GranaryError(
        'UNDECLARED_OUTPUT',
        `worker ${this.#worker} published what is no task: make one with its task type`,
      )
    }
    if (!this.#types.some((type) => type.is(output))) {
      const declared = this.#types.map(({ type }) => type).join(', ')
      throw new GranaryError(
        'UNDECLARED_OUTPUT',
        `worker ${this.#worker} published a task of type ${output.$type}, and declares outputs of ${declared || 'no type'}: add it to outputTypes`,
      )
    }
    if (options !== undefined) checkOptions('publishWork', options, ['store'])
    if (options?.store === false) this.#computation.store = false
    this.#outputs.push(output)
  }

  notModified(): void {
    this.#renewed = this.#computation.notModified()
  }
}
