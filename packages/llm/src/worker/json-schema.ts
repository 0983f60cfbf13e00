import { GranaryError, type StandardSchema } from '@granary/core'
import { loose } from '../json.js'
import type { JsonSchema } from '../model.js'

/** What libraries offer beside Standard Schema: Standard JSON Schema (zod, valibot …), or a method (arktype). */
interface Convertible {
  readonly '~standard': { readonly jsonSchema?: { input(options: { target: string }): JsonSchema } }
  readonly toJsonSchema?: () => JsonSchema
}

/**
 * The JSON Schema of a schema's input: what may be given to it.
 *
 * @param of names what it is for, in the error
 * @throws GranaryError `INVALID_OPTION` where its library cannot tell
 */
export function jsonSchemaOf(schema: StandardSchema<unknown, unknown>, of: string): JsonSchema {
  const convertible = schema as Convertible
  try {
    const converted =
      convertible['~standard'].jsonSchema?.input({ target: 'draft-2020-12' }) ?? convertible.toJsonSchema?.()
    if (converted !== undefined) {
      const { $schema: _, ...rest } = loose(converted)
      return closed(rest) as JsonSchema
    }
  } catch (cause) {
    throw new GranaryError('INVALID_OPTION', `${of}: its schema cannot be written as JSON Schema`, { cause })
  }
  throw new GranaryError(
    'INVALID_OPTION',
    `${of}: its schema library does not give a JSON Schema: override answerSchema() to give it, or use zod 4.2 or later`,
  )
}

/** A schema whose objects have the properties that they name and no others: what providers ask of one that they enforce. */
function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed)
  if (typeof schema !== 'object' || schema === null) return schema
  const all = Object.fromEntries(Object.entries(schema).map(([name, item]) => [name, closed(item)]))
  const isOpen = all.type === 'object' && all.properties !== undefined && all.additionalProperties === undefined
  return isOpen ? { ...all, additionalProperties: false } : all
}
