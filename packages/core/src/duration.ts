import { GranaryError } from './errors.js'

/** A length of time: milliseconds as a number, or a number with its unit: `'250ms'`, `'90s'`, `'5m'`, `'1h'`, `'30d'`, `'2w'`. */
export type Duration = number | string

/** A time to live: a {@link Duration}, or `'forever'`. */
export type Ttl = Duration

const MILLISECONDS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const
const FORM = /^\s*(\d+(?:\.\d+)?)\s*(ms|s|m|h|d|w)\s*$/

/**
 * Milliseconds of a duration, more than 0 and finite.
 *
 * @param what names the option in the error message, for example `'ttl'`
 * @throws GranaryError `INVALID_OPTION` for 0, NaN, Infinity, a negative number or a string of another form
 */
export function parseDuration(duration: Duration, what = 'duration'): number {
  const ms = typeof duration === 'number' ? duration : fromText(duration)
  if (ms > 0 && ms <= Number.MAX_SAFE_INTEGER) return ms
  throw new GranaryError(
    'INVALID_OPTION',
    `${what}: ${String(duration)} is not a duration: give milliseconds above 0, or a string such as '250ms', '1h', '30d'${what.endsWith('ttl') ? ", or 'forever'; mode 'bypass' caches nothing" : ''}`,
  )
}

/**
 * Milliseconds of a time to live; `Infinity` for `'forever'`.
 *
 * @throws GranaryError `INVALID_OPTION` as {@link parseDuration}; `Infinity` itself is refused: forever is spelled out
 */
export function parseTtl(ttl: Ttl, what = 'ttl'): number {
  return ttl === 'forever' ? Number.POSITIVE_INFINITY : parseDuration(ttl, what)
}

function fromText(text: unknown): number {
  const match = typeof text === 'string' ? FORM.exec(text) : null
  if (match === null) return Number.NaN
  return Number(match[1]) * MILLISECONDS[match[2] as keyof typeof MILLISECONDS]
}
