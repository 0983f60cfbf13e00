import { parseTtl, type Ttl } from './duration.js'
import { GranaryError } from './errors.js'

/**
 * How long a rejection is cached, by the kind of its error: a table (`{ ENOTFOUND: '30s', NotFoundError: '5m' }`), or a
 * function of the error. What has none is not cached.
 */
export type NegativeTtl = Readonly<Record<string, Ttl>> | ((error: unknown) => Ttl | undefined)

/** The kind of an error: its `code` where that is a text, else its `name`; `'unknown'` for what is no error. */
export function kindOf(error: unknown): string {
  const { code, name } = (typeof error === 'object' && error !== null ? error : {}) as {
    code?: unknown
    name?: unknown
  }
  for (const kind of [code, name]) if (typeof kind === 'string' && kind !== '') return kind
  return 'unknown'
}

/** How long the rejection with this error is to be cached, in ms; `undefined` for not at all, as where a function's answer is no TTL. */
export function negativeTtlOf(negativeTtl: NegativeTtl, error: unknown): number | undefined {
  try {
    const ttl = typeof negativeTtl === 'function' ? negativeTtl(error) : ownTtl(negativeTtl, kindOf(error))
    return ttl === undefined ? undefined : parseTtl(ttl)
  } catch {
    return undefined
  }
}

/** The option, checked; `undefined` for an empty table. @throws GranaryError `INVALID_OPTION` */
export function checkNegativeTtl(negativeTtl: NegativeTtl): NegativeTtl | undefined {
  if (typeof negativeTtl === 'function') return negativeTtl
  if (typeof negativeTtl !== 'object' || negativeTtl === null) {
    throw new GranaryError(
      'INVALID_OPTION',
      "negativeTtl: give a table of kinds of error, such as { ENOTFOUND: '30s' }, or a function of the error",
    )
  }
  const kinds = Object.entries(negativeTtl)
  for (const [kind, ttl] of kinds) parseTtl(ttl, `negativeTtl of ${kind}: ttl`)
  return kinds.length === 0 ? undefined : negativeTtl
}

function ownTtl(table: Readonly<Record<string, Ttl>>, kind: string): Ttl | undefined {
  return Object.hasOwn(table, kind) ? table[kind] : undefined
}
