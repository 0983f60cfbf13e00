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
