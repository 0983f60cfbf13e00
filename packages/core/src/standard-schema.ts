import { GranaryError } from './errors.js'
import { canonical } from './key.js'

/**
 * The part of the Standard Schema interface (standardschema.dev, version 1) that is used here: zod, valibot, arktype
 * and others implement it. Its authors mean it to be copied rather than depended on.
 */
export interface StandardSchema<Input = unknown, Output = Input> {
  readonly '~standard': {
    readonly version: 1
    readonly vendor: string
    readonly validate: (value: unknown) => SchemaResult<Output> | Promise<SchemaResult<Output>>
    readonly types?: { readonly input: Input; readonly output: Output } | undefined
  }
}

export type SchemaResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly SchemaIssue[] }

export interface SchemaIssue {
  readonly message: string
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined
}

/** One line for each thing that did not fit, with its path: `task.options.depth: expected number`. */
export function describeIssues(issues: readonly SchemaIssue[], root: string): string {
  return issues.map(({ message, path = [] }) => `${[root, ...path.map(step)].join('.')}: ${message}`).join('; ')
}

function step(part: PropertyKey | { readonly key: PropertyKey }): string {
  return String(typeof part === 'object' ? part.key : part)
}

export function isSchema(schema: unknown): schema is StandardSchema {
  return typeof (schema as StandardSchema | null | undefined)?.['~standard']?.validate === 'function'
}

/**
 * What a schema makes of an input, at once.
 *
 * @throws GranaryError `INVALID_OPTION` for a schema that validates asynchronously
 */
export function fit<Output>(schema: StandardSchema<unknown, Output>, input: unknown): SchemaResult<Output> {
  const result = schema['~standard'].validate(input)
  if (!(result instanceof Promise)) return result
  result.catch(() => {})
  throw new GranaryError('INVALID_OPTION', 'its schema validates asynchronously; give one that answers at once')
}

/**
 * Of a value and the input that it was made from, what the schema makes the same value of again: the value itself where it
 * can, since that needs no memory of its own; `undefined` where neither does.
 */
export function storedForm(
  schema: StandardSchema,
  value: unknown,
  input: unknown,
): { readonly form: unknown } | undefined {
  for (const form of [value, input]) {
    const result = fit(schema, form)
    if (result.issues === undefined && sameData(result.value, value)) return { form }
  }
  return undefined
}

/** Are two values the same data? Not known, and so false, of what has no canonical form. */
export function sameData(one: unknown, other: unknown): boolean {
  if (Object.is(one, other)) return true
  try {
    return canonical(one) === canonical(other)
  } catch {
    return false
  }
}
