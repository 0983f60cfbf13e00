import { GranaryError } from './errors.js'
import type { Formed, FormingShape } from './held-entry.js'
import { describeIssues, fit, isSchema, type StandardSchema, sameData, storedForm } from './standard-schema.js'

/** A schema of values in the cache. */
export interface SchemaOptions<Schema extends StandardSchema = StandardSchema> {
  /**
   * What values have to fit, by any Standard Schema (zod, valibot, arktype …) that validates at once. The computation gives
   * the schema's input, callers get its output, and stores keep what makes the same output again. A stored value that does
   * not fit any more is a miss. Keep one schema for all calls of a key: each has values of its own in memory.
   */
  readonly schema: Schema
  /** Makes the schema's input of a stored value that does not fit any more; what is `undefined`, or does not fit either, is a miss. */
  readonly migrate?: (stored: unknown) => unknown
}

/** What a computation gives where values have to fit this schema. */
export type SchemaInput<Schema extends StandardSchema> = NonNullable<Schema['~standard']['types']>['input']
/** What callers get where values have to fit this schema. */
export type SchemaOutput<Schema extends StandardSchema> = NonNullable<Schema['~standard']['types']>['output']

type Migrate = (stored: unknown) => unknown

const NO_MIGRATION: Migrate = () => undefined
const knownShapes = new WeakMap<object, WeakMap<Migrate, FormingShape>>()

/**
 * The shape of values that fit a schema: the same one for the same schema and migration, so that all calls share what is
 * in memory.
 *
 * @throws GranaryError `INVALID_OPTION`
 */
function schemaShape({ schema, migrate = NO_MIGRATION }: SchemaOptions): FormingShape {
  const same = knownShapes.get(schema)?.get(migrate)
  if (same !== undefined) return same
  if (!isSchema(schema)) {
    throw new GranaryError(
      'INVALID_OPTION',
      'schema: give a schema of a Standard Schema library, such as z.object({ … }) of zod',
    )
  }
  if (typeof migrate !== 'function')
    throw new GranaryError('INVALID_OPTION', 'migrate: give a function of the stored value')
  const shape = makeShape(schema, migrate)
  const known = knownShapes.get(schema) ?? new WeakMap<Migrate, FormingShape>()
  knownShapes.set(schema, known.set(migrate, shape))
  return shape
}

/** Options with the shape of values that fit, where they name a schema. @throws GranaryError `INVALID_OPTION` */
export function withShape<Options extends object>(options: Options & Partial<SchemaOptions>): Options {
  if (options.schema === undefined) return options
  const { schema, migrate, ...others } = options
  return { ...(others as Options), shape: schemaShape(options as SchemaOptions) }
}

function makeShape(schema: StandardSchema, migrate: Migrate): FormingShape {
  const formed = (value: unknown, source: unknown): Formed =>
    sameData(value, source) ? { value } : { value, stored: source }

  const ofStored = (stored: unknown): Formed | undefined => {
    const result = fit(schema, stored)
    if (result.issues === undefined) return formed(result.value, stored)
    const migrated = migrate(stored)
    const second = migrated === undefined ? undefined : fit(schema, migrated)
    return second === undefined || second.issues !== undefined ? undefined : formed(second.value, migrated)
  }

  return {
    toStored: (value) => value,
    fromStored: (stored) => ofStored(stored)?.value,
    ofStored,
    ofComputed(computed) {
      const { value } = fitOrThrow(schema, computed)
      // What gives another value each time (a date of now) is kept as it came.
      const { form } = storedForm(schema, value, computed) ?? { form: computed }
      return formed(value, form)
    },
  }
}

function fitOrThrow(schema: StandardSchema, computed: unknown): { readonly value: unknown } {
  const result = fit(schema, computed)
  if (result.issues === undefined) return result
  throw new GranaryError(
    'INVALID_VALUE',
    `what was computed does not fit its schema: ${describeIssues(result.issues, 'value')}`,
  )
}
