import type { Task, TypeOf } from '@granary/core'

/** What is known of where a task came from. */
interface Origin {
  /** Name of the worker or join that published it; `undefined` for an input of the run. */
  readonly worker?: string | undefined
  /** What that worker consumed; for a joined task, the task that all its parts came from. */
  readonly parent?: Delivery | undefined
  /** The parts of a joined task. */
  readonly parts?: readonly Delivery[]
  /** What tells it from its siblings: see {@link Delivery.position}. */
  readonly order: readonly number[]
}

/**
 * A task on its way through a graph, with where it came from. The task itself knows nothing of that: it is shared by
 * all who get it, and the next run replays it from the cache.
 */
export class Delivery<T extends Task = Task> {
  readonly task: T
  /** Name of the worker or join that published it; `undefined` for an input of the run. */
  readonly worker: string | undefined
  /** How many workers and joins the task came through: 0 for an input. */
  readonly depth: number
  readonly #parent: Delivery | undefined
  readonly #parts: readonly Delivery[]
  readonly #order: readonly number[]

  constructor(task: T, { worker, parent, parts = [], order }: Origin) {
    this.task = task
    this.worker = worker
    this.depth = parent === undefined ? 0 : parent.depth + 1
    this.#parent = parent
    this.#parts = parts
    this.#order = order
  }

  /** From the input of the run to this delivery. A joined task follows the task that all its parts came from. */
  path(): readonly Delivery[] {
    const path: Delivery[] = []
    for (let at: Delivery | undefined = this; at !== undefined; at = at.#parent) path.push(at)
    return path.reverse()
  }

  /** The nearest task of this type on the {@link Delivery.path} that led here, this one not included. */
  origin<O extends Task>(type: TypeOf<O>): O | undefined {
    for (let at = this.#parent; at !== undefined; at = at.#parent) if (type.is(at.task)) return at.task
    return undefined
  }

  /** Every task that this one came from, each delivery once, the input first; of a joined task also what its parts came from. */
  origins(): readonly Task[] {
    const found = new Set<Delivery>()
    const visit = (delivery: Delivery) => {
      for (const source of [delivery.#parent, ...delivery.#parts]) {
        if (source === undefined || found.has(source)) continue
        visit(source)
        found.add(source)
      }
    }
    visit(this)
    return Array.from(found, ({ task }) => task)
  }

  /**
   * Where it stands among all deliveries of a run over the same inputs: of two, the one with the smaller number at the
   * first difference came from an earlier input, from a worker that was
   * added to the graph earlier, or was published earlier. It does not depend on what finished first.
   */
  get position(): readonly number[] {
    return this.path().flatMap((delivery) => delivery.#order)
  }
}

/** Compares two {@link Delivery.position}s, as `Array.sort` asks for it. */
export function comparePositions(a: readonly number[], b: readonly number[]): number {
  const shared = Math.min(a.length, b.length)
  for (let i = 0; i < shared; i++) {
    const difference = (a[i] as number) - (b[i] as number)
    if (difference !== 0) return difference
  }
  return a.length - b.length
}
