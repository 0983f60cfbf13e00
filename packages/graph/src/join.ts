import { checkOptions, GranaryError, type Task, type TypeOf } from '@granary/core'
import type { Delivery } from './delivery.js'
import type { Failure } from './failure.js'

/** All that came from one task, for {@link JoinOptions.combine}. */
export interface Joined<Origin extends Task, Part extends Task> {
  /** The task that all parts came from. */
  readonly origin: Origin
  /** In the order of inputs and of publishing, whatever finished first: equal parts make an equal task, and so a cache hit. */
  readonly parts: readonly Part[]
  /** The same parts, with where each came from. */
  readonly deliveries: readonly Delivery<Part>[]
  /** What failed on the way; empty unless the join takes incomplete parts. */
  readonly failures: readonly Failure[]
}

/** Tasks of a type. */
type TasksOf<Type> = Type extends TypeOf<infer T> ? T : never

export interface JoinOptions<Origin extends Task, PartType extends TypeOf<Task>, Whole extends Task> {
  /** Names the join in events and failures. */
  readonly name: string
  /** The type of task that parts are gathered by: all that came from one such task, its nearest, are joined. */
  readonly per: TypeOf<Origin>
  /** The types of task that are gathered. */
  readonly of: readonly PartType[]
  /** The type of task that they become. */
  readonly into: TypeOf<Whole>
  /**
   * Makes one task of the parts; `undefined` publishes nothing. Called once for each task of the type `per`, when all
   * work that could add a part has been done, also where there is none. Keep it quick and leave the work to the worker
   * that consumes the whole, which can be cached.
   */
  combine(joined: Joined<Origin, TasksOf<PartType>>): Whole | undefined
  /** Where work failed, and parts may be missing: `'skip'` publishes nothing, `'join'` joins what there is. Default: `'skip'`. */
  readonly incomplete?: 'skip' | 'join'
}

/** A place in a graph that waits for all tasks that came from one task, and makes one task of them. Connected like a worker. */
export class Join<Origin extends Task, Part extends Task, Whole extends Task> {
  readonly name: string
  readonly per: TypeOf<Origin>
  readonly of: readonly TypeOf<Part>[]
  readonly into: TypeOf<Whole>
  readonly incomplete: 'skip' | 'join'
  readonly #options: JoinOptions<Origin, TypeOf<Part>, Whole>

  constructor(options: JoinOptions<Origin, TypeOf<Part>, Whole>) {
    this.name = options.name
    this.per = options.per
    this.of = [...options.of]
    this.into = options.into
    this.incomplete = options.incomplete ?? 'skip'
    this.#options = options
  }

  combine(joined: Joined<Origin, Part>): Whole | undefined {
    return this.#options.combine(joined)
  }
}

const OPTIONS = ['name', 'per', 'of', 'into', 'combine', 'incomplete']

/**
 * Makes a join, to be connected like a worker (the idea of PlanAI's `JoinedTaskWorker`).
 *
 * @throws GranaryError `INVALID_OPTION` for an option that is unknown, missing or of another kind
 */
export function join<Origin extends Task, PartType extends TypeOf<Task>, Whole extends Task>(
  options: JoinOptions<Origin, PartType, Whole>,
): Join<Origin, TasksOf<PartType>, Whole> {
  checkOptions('join', options, OPTIONS)
  const { per, of, into, combine, incomplete = 'skip' } = options
  const wrong = (what: string) => new GranaryError('INVALID_OPTION', `join: ${what}`)
  if (!isType(per) || !isType(into)) throw wrong('per and into are types of task: give what defineTask returned')
  if (!Array.isArray(of) || of.length === 0 || !of.every(isType)) throw wrong('of is an array of types of task')
  if ((of as readonly unknown[]).includes(per))
    throw wrong(`parts of type ${per.type} cannot be gathered by themselves`)
  if (typeof combine !== 'function') throw wrong('combine is a function that makes one task of all parts')
  if (incomplete !== 'skip' && incomplete !== 'join') throw wrong("incomplete is 'skip' or 'join'")
  return new Join(options as unknown as JoinOptions<Origin, TypeOf<TasksOf<PartType>>, Whole>)
}

export function isType(value: unknown): value is TypeOf<Task> {
  const type = value as Partial<TypeOf<Task>> | null | undefined
  return typeof type?.type === 'string' && typeof type.is === 'function'
}
