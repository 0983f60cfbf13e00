import { checkOptions, type Duration, GranaryError, parseDuration } from '@granary/core'

/** How failed work is tried again: with delays that grow, and are lengthened at random by up to twice. */
export interface RetryPolicy {
  /** Attempts after the first. */
  readonly retries: number
  /** Before the first retry. Default: `'1s'`. */
  readonly minDelay?: Duration
  /** The longest. Default: `'30s'`. */
  readonly maxDelay?: Duration
  /** What each delay is multiplied by for the next. Default: 2. */
  readonly factor?: number
  /**
   * Is this error worth another attempt? Default: all but Granary's own of misuse. Never asked for a `TypeError`, which
   * is a fault in code and not retried, unless it is one of `fetch` for the network.
   */
  when?(error: unknown): boolean
}

/** What is different about one place in a graph. */
export interface Policy {
  /** Tasks that it works on at once; those that wait for a retry do not count. Default: the graph's. */
  readonly concurrency?: number
  /** Default: the graph's. */
  readonly retry?: RetryPolicy
}

export interface Retries {
  readonly retries: number
  readonly minDelay: number
  readonly maxDelay: number
  readonly factor: number
  when(error: unknown): boolean
}

export interface CheckedPolicy {
  readonly concurrency: number
  readonly retry: Retries | undefined
}

/** @throws GranaryError `INVALID_OPTION` */
export function checkPolicy(of: string, { concurrency, retry }: Policy, whole?: CheckedPolicy): CheckedPolicy {
  return {
    concurrency:
      concurrency === undefined
        ? (whole?.concurrency ?? DEFAULT_CONCURRENCY)
        : wholeNumber(of, 'concurrency', concurrency, 1),
    retry: retry === undefined ? whole?.retry : checkRetry(of, retry),
  }
}

export const POLICY_OPTIONS: readonly string[] = ['concurrency', 'retry']

const DEFAULT_CONCURRENCY = 16
const RETRY_OPTIONS = ['retries', 'minDelay', 'maxDelay', 'factor', 'when']

function checkRetry(of: string, retry: RetryPolicy): Retries {
  checkOptions(`retry of ${of}`, retry, RETRY_OPTIONS)
  const { retries, minDelay = '1s', maxDelay = '30s', factor = 2 } = retry
  if (!(factor >= 1 && factor < Number.POSITIVE_INFINITY)) throw wrong(of, `retry.factor is a number of at least 1`)
  return {
    retries: wholeNumber(of, 'retry.retries', retries, 0),
    minDelay: parseDuration(minDelay, `${of}: retry.minDelay`),
    maxDelay: parseDuration(maxDelay, `${of}: retry.maxDelay`),
    factor,
    when: (error) => (retry.when === undefined ? isPassing(error) : retry.when(error)),
  }
}

/** Misuse will not pass by itself; a deadline that was missed may be met the next time. */
function isPassing(error: unknown): boolean {
  return !(error instanceof GranaryError) || error.code === 'TIMEOUT'
}

/** @throws GranaryError `INVALID_OPTION` for what is no whole number of at least `least` */
export function wholeNumber(of: string, option: string, value: number, least: number): number {
  if (Number.isSafeInteger(value) && value >= least) return value
  throw wrong(of, `${option} is a whole number of at least ${least}, not ${String(value)}`)
}

function wrong(of: string, what: string): GranaryError {
  return new GranaryError('INVALID_OPTION', `${of}: ${what}`)
}
