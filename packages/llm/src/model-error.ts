import { loose, text } from './json.js'

/** A provider that refused, or could not be reached. */
export class ModelError extends Error {
  override readonly name = 'ModelError'
  /** The HTTP status; 0 where there was no response. */
  readonly status: number
  /** How long the provider asks to wait, in ms; `undefined` where it says nothing. */
  readonly retryAfterMs: number | undefined
  /** The provider's own words. Not part of the message and not enumerable, since they may repeat the prompt. */
  declare readonly detail: string

  constructor(message: string, status: number, retryAfterMs?: number, detail = '', options?: ErrorOptions) {
    super(message, options)
    this.status = status
    this.retryAfterMs = retryAfterMs
    Object.defineProperty(this, 'detail', { value: detail, enumerable: false })
  }
}

/** Statuses after which another try may succeed; 529 is Anthropic's "overloaded". */
const PASSING = [0, 408, 409, 425, 429, 500, 502, 503, 504, 529]
const FIRST_WAIT_MS = 500
const LONGEST_WAIT_MS = 8_000
/** A provider that asks for more is not waited for: the caller gets the error. */
const LONGEST_ASKED_MS = 60_000

/**
 * How long to wait before a call that failed is tried again, in ms; `undefined` if that would not help. Knows the errors of
 * the AI SDK and of the providers' own SDKs too.
 *
 * @param tries how often it was tried so far
 */
export function retryDelay(error: unknown, tries: number): number | undefined {
  const { status, statusCode = status, retryAfterMs } = loose(error)
  if (typeof statusCode !== 'number' || !PASSING.includes(statusCode)) return undefined
  const asked = typeof retryAfterMs === 'number' ? retryAfterMs : retryAfter(headersOf(error))
  if (asked !== undefined) return asked <= LONGEST_ASKED_MS ? asked : undefined
  return Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (tries - 1))
}

/** The wait that `retry-after-ms` or `Retry-After` (seconds, or a date: RFC 9110, 10.2.3) names, in ms. */
export function retryAfter(header: (name: string) => string | null, now: number = Date.now()): number | undefined {
  const ms = Number(header('retry-after-ms') ?? Number.NaN)
  if (ms >= 0) return ms
  const value = header('retry-after')
  if (value === null) return undefined
  const seconds = Number(value)
  if (seconds >= 0) return seconds * 1_000
  const date = Date.parse(value)
  return Number.isNaN(date) ? undefined : Math.max(0, date - now)
}

function headersOf(error: unknown): (name: string) => string | null {
  const { headers, responseHeaders = headers } = loose(error)
  if (responseHeaders instanceof Headers) return (name) => responseHeaders.get(name)
  return (name) => text(loose(responseHeaders)[name]) ?? null
}
