import { GranaryError, type Task, type TypeOf } from '@granary/core'
import { comparePositions, type Delivery } from './delivery.js'
import type { Failure } from './failure.js'

/** What one worker, join or sink did in a run. */
export interface WorkCounts {
  /** Tasks that it has done its work on; for a join, those whose parts it joined. */
  readonly done: number
  /** Tasks that it published. */
  readonly published: number
  readonly failed: number
  /** Attempts after the first. */
  readonly retried: number
  /** Joins alone: tasks whose parts were not joined, since some were missing. */
  readonly skipped: number
}

/** What came of a run in which nothing is going on any more. */
export interface GraphResult {
  /** Inputs that were taken. */
  readonly inputs: number
  /** Inputs from which nothing that failed had come. */
  readonly succeeded: number
  /** How much failed: workers, joins and sinks, each on one task. */
  readonly failed: number
  /** What failed, in the order of failing: the first `keepFailures` of them. */
  readonly failures: readonly Failure[]
  /** What each worker, join and sink did, by its name. */
  readonly counts: ReadonlyMap<string, WorkCounts>
  /**
   * The tasks of a type that the graph collects, in the order of inputs and of publishing, whatever finished first.
   *
   * @throws GranaryError `INVALID_OPTION` for a type that it does not collect
   */
  collected<T extends Task>(type: TypeOf<T>): readonly T[]
}

interface Collected {
  readonly task: Task
  readonly position: readonly number[]
}

/** What becomes the result of a run. */
export class Report {
  inputs = 0
  finished = 0
  #succeeded = 0
  #failed = 0
  readonly #failures: Failure[] = []
  readonly #keepFailures: number
  readonly #counts = new Map<string, { -readonly [K in keyof WorkCounts]: WorkCounts[K] }>()
  readonly #collected: ReadonlyMap<TypeOf<Task>, Collected[]>

  constructor(names: readonly string[], collected: Iterable<TypeOf<Task>>, keepFailures: number) {
    for (const name of names) this.#counts.set(name, { done: 0, published: 0, failed: 0, retried: 0, skipped: 0 })
    this.#collected = new Map([...collected].map((type) => [type, []]))
    this.#keepFailures = keepFailures
  }

  add(worker: string, count: keyof WorkCounts, number = 1): void {
    const counts = this.#counts.get(worker)
    if (counts !== undefined) counts[count] += number
  }

  fail(failure: Failure): void {
    this.#failed++
    this.add(failure.worker, 'failed')
    if (this.#failures.length < this.#keepFailures) this.#failures.push(failure)
  }

  finish(ok: boolean): void {
    this.finished++
    if (ok) this.#succeeded++
  }

  /** Keeps the task, and lets go of what it came from. */
  collect({ task, position }: Delivery): void {
    for (const [type, all] of this.#collected) if (type.is(task)) all.push({ task, position })
  }

  result(): GraphResult {
    const collected = new Map(
      Array.from(this.#collected, ([type, all]) => [
        type,
        all.sort((a, b) => comparePositions(a.position, b.position)).map(({ task }) => task),
      ]),
    )
    return {
      inputs: this.inputs,
      succeeded: this.#succeeded,
      failed: this.#failed,
      failures: this.#failures,
      counts: this.#counts,
      collected<T extends Task>(type: TypeOf<T>) {
        const tasks = collected.get(type)
        if (tasks !== undefined) return tasks as readonly Task[] as readonly T[]
        throw new GranaryError(
          'INVALID_OPTION',
          `the graph does not collect ${type.type} tasks: say graph.collect first`,
        )
      },
    }
  }
}
