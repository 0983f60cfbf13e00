import type { SchemaIssue, StandardSchema, Task, TypeOf } from '@granary/core'
import { parseJson } from '../json.js'

/** A type of task that was made by `defineTask`. */
export interface DefinedType<T extends Task> extends TypeOf<T> {
  readonly schema: StandardSchema<unknown, object>
}

/** What a text that a model wrote says, or what is wrong with it, in words for the model. */
export type ReadAnswer<T> = { readonly output: T } | { readonly problem: string }

/** The task in an answer. */
export async function readAnswer<T extends Task>(text: string, type: DefinedType<T>): Promise<ReadAnswer<T>> {
  const json = parseJson(withoutFence(text))
  if (json === undefined) return { problem: 'It is not JSON.' }
  const result = await type.schema['~standard'].validate(json)
  if (result.issues !== undefined) return { problem: result.issues.map(inWords).join('\n') }
  const output = type.fromStored(json)
  return output === undefined ? { problem: 'It does not fit the schema.' } : { output }
}

/** Where an answer does not fit, and why. */
function inWords({ path = [], message }: SchemaIssue): string {
  const steps = path.map((step) => String(typeof step === 'object' ? step.key : step))
  return `${steps.join('.') || 'the answer'}: ${message}`
}

/** The content of a text that is one fenced block, as models like to write JSON. */
function withoutFence(text: string): string {
  return /^\s*```(?:json)?\s*\n([\s\S]*?)\n?\s*```\s*$/.exec(text)?.[1] ?? text
}
