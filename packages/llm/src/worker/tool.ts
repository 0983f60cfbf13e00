import { GranaryError, type StandardSchema } from '@granary/core'
import type { JsonSchema, ToolSpec } from '../model.js'
import { jsonSchemaOf } from './json-schema.js'

/** Something that a model may have done while it makes up its answer. */
export interface Tool {
  readonly name: string
  /** What it is good for, in words for the model. */
  readonly description?: string
  /** What it takes: of a schema library, or a JSON Schema. */
  readonly schema: StandardSchema<unknown, unknown> | JsonSchema
  /** Version of what `execute` does: part of the key, to be raised with every change of what it gives. Default: `''`. */
  readonly version?: string
  /** Does it. What it gives is told to the model, as JSON if it is no text; what it throws too, and the model may try again. */
  execute(input: never, context: { readonly signal: AbortSignal }): unknown
}

/** A tool as a model is told of it. */
export function specOf({ name, description, schema }: Tool): ToolSpec {
  const told = description === undefined ? {} : { description }
  return { name, ...told, schema: isStandard(schema) ? jsonSchemaOf(schema, `tool ${name}`) : schema }
}

/** What a tool's answers depend on, as data. */
export function keyOfTool(tool: Tool): unknown {
  return [specOf(tool), tool.version ?? '']
}

/** What a tool says to an input in JSON. */
export async function runTool(
  tools: readonly Tool[],
  name: string,
  json: string,
  signal: AbortSignal,
): Promise<string> {
  const tool = tools.find((each) => each.name === name)
  if (tool === undefined) return `Error: there is no tool ${name}.`
  try {
    const input = checked(tool, JSON.parse(json))
    const output = await tool.execute(input as never, { signal })
    return typeof output === 'string' ? output : (JSON.stringify(output) ?? '')
  } catch (error) {
    signal.throwIfAborted()
    return `Error: ${(error as Error).message}`
  }
}

function checked({ name, schema }: Tool, input: unknown): unknown {
  if (!isStandard(schema)) return input
  const result = schema['~standard'].validate(input)
  if (result instanceof Promise)
    throw new GranaryError(
      'INVALID_OPTION',
      `tool ${name}: its schema validates asynchronously; give one that answers at once`,
    )
  if (result.issues !== undefined) throw new Error(result.issues.map(({ message }) => message).join('; '))
  return result.value
}

function isStandard(schema: Tool['schema']): schema is StandardSchema<unknown, unknown> {
  return '~standard' in schema
}
