import { GranaryError } from './errors.js'
import { checkName } from './namespace.js'
import { describeIssues, fit, isSchema, type SchemaResult, type StandardSchema, storedForm } from './standard-schema.js'
import { copy, PlainData, protect } from './values.js'

/** An immutable, validated input or output of a worker, of a named type. Its own properties are its data. */
export abstract class Task<Type extends string = string> extends PlainData {
  /** The name of its type; tells the tasks of a union apart. */
  abstract override readonly $type: Type
  readonly #input: unknown
  #keyMaker: object | undefined
  #key = ''

  constructor(input: unknown) {
    super()
    this.#input = input
  }

  /** What the task was made from, before its schema transformed it. */
  static inputOf(task: Task): unknown {
    return task.#input
  }

  /** The key that `make` gives a task: made once, since tasks do not change, and kept for the maker that asked last. */
  static keyFor(task: Task, maker: object, make: () => string): string {
    if (task.#keyMaker !== maker) {
      task.#key = make()
      task.#keyMaker = maker
    }
    return task.#key
  }
}

/** A task of the type `Type` with this data. */
export type TaskWith<Type extends string, Data> = Task<Type> & Readonly<Data>

/** A type of task: call it to make one. */
export interface TaskType<Type extends string = string, Input = never, Data = unknown> {
  /**
   * A task with this data, validated by the schema and frozen.
   *
   * @throws GranaryError `INVALID_TASK`, naming what does not fit or cannot be part of a task, by path
   */
  (input: Input): TaskWith<Type, Data>
  readonly type: Type
  /** What it was defined over. */
  readonly schema: StandardSchema<unknown, object>
  /** Is this value a task of this type? */
  is(value: unknown): value is TaskWith<Type, Data>
  /**
   * Plain data from which {@link TaskType.fromStored} makes the task again: its own data, or, where the schema
   * transforms, what it was made from.
   *
   * @throws GranaryError `UNSUPPORTED_VALUE` if the schema gives other data for neither
   */
  toStored(task: Task): unknown
  /** A task from stored data, or `undefined` if that does not fit the schema any more. */
  fromStored(stored: unknown): TaskWith<Type, Data> | undefined
}

/** The tasks of a type: `type Document = TaskOf<typeof Document>`. */
export type TaskOf<T extends TaskType> = ReturnType<T>

/** What a worker asks of the types of its tasks. */
export interface TypeOf<T extends Task> {
  readonly type: string
  is(value: unknown): value is T
  toStored(task: Task): unknown
  fromStored(stored: unknown): T | undefined
}

/** Any schema whose output is an object. */
type ObjectSchema = StandardSchema<unknown, object>

type InputOf<Schema extends ObjectSchema> = NonNullable<Schema['~standard']['types']>['input']
type OutputOf<Schema extends ObjectSchema> = NonNullable<Schema['~standard']['types']>['output']

/**
 * Defines a type of task over any Standard Schema (zod, valibot, arktype …) that validates synchronously to an object.
 *
 * @param type the type's name: part of keys and of stored values, so keep it when the code is renamed
 * @throws GranaryError `INVALID_KEY` for a name that is empty or longer than 1,000 characters, `INVALID_OPTION` for what is
 *   no schema
 */
export function defineTask<const Type extends string, Schema extends ObjectSchema>(
  type: Type,
  schema: Schema,
): TaskType<Type, InputOf<Schema>, OutputOf<Schema>> {
  checkName(type, 'name')
  if (!isSchema(schema)) {
    throw new GranaryError(
      'INVALID_OPTION',
      `${type} task: give a schema of a Standard Schema library, such as z.object({ … }) of zod`,
    )
  }
  type Instance = TaskWith<Type, OutputOf<Schema>>

  class TaskInstance extends Task<Type> {
    get $type(): Type {
      return type
    }

    $empty(): TaskInstance {
      return new TaskInstance(Task.inputOf(this))
    }
  }

  const build = (data: unknown, input: unknown): Instance => {
    const task = new TaskInstance(input)
    assign(task, data, type)
    return task as Instance
  }

  const make = (input: unknown): Instance => {
    const result = validate(schema, input, type)
    if (result.issues === undefined) return build(result.value, input)
    throw new GranaryError('INVALID_TASK', `${type} task: ${describeIssues(result.issues, 'task')}`)
  }

  return Object.assign(make, {
    type,
    schema,
    is: (value: unknown): value is Instance => value instanceof TaskInstance,
    toStored(task: Task): unknown {
      const data = { ...task }
      const input = Task.inputOf(task)
      const stored = storedForm(schema, data, input)
      if (stored !== undefined) return stored.form === input ? structuredClone(input) : data
      throw new GranaryError('UNSUPPORTED_VALUE', `${type} task: its schema does not give the same data a second time`)
    },
    fromStored(stored: unknown): Instance | undefined {
      const result = validate(schema, stored, type)
      return result.issues === undefined ? build(result.value, stored) : undefined
    },
  })
}

function validate(schema: ObjectSchema, input: unknown, type: string): SchemaResult<object> {
  try {
    return fit(schema, input)
  } catch (cause) {
    if (!(cause instanceof GranaryError)) throw cause
    throw new GranaryError('INVALID_TASK', `${type} task: ${cause.message}`, { cause })
  }
}

const RESERVED = ['$type', '$empty', '__proto__']

/** Gives a task its data, which must be a plain object: anything else would lose something when it is stored. */
function assign(task: Task, data: unknown, type: string): void {
  const prototype = typeof data === 'object' && data !== null ? Object.getPrototypeOf(data) : undefined
  const plain = prototype === Object.prototype || prototype === null || data instanceof PlainData
  if (!plain || RESERVED.some((name) => Object.hasOwn(data as object, name))) {
    throw new GranaryError(
      'INVALID_TASK',
      `${type} task: its data must be a plain object without properties ${RESERVED.join(', ')}`,
    )
  }
  try {
    // What can be changed is copied: who made the task may still hold it.
    const own = { ...(data as object) }
    Object.assign(task, protect(own, 'task') ? own : copy(own))
    Object.freeze(task)
  } catch (error) {
    throw new GranaryError('INVALID_TASK', `${type} task: ${(error as Error).message}`, { cause: error })
  }
}
