import { checkOptions, type Duration, GranaryError, type Mode, parseDuration, parseTtl, type Ttl } from '@granary/core'

/** How one call is to be answered. What it leaves out is as the surrounding policy, or the fetch, says. */
export interface CallPolicy {
  /**
   * A mode of the cache (`'use'`, `'refresh'`, `'bypass'`, `'read-only'`, `'only-if-cached'`), or of the cassette:
   * `'record'` asks the provider and writes it down, `'replay'` takes what was written down and nothing else.
   * Default: `'use'`.
   */
  readonly mode?: CallMode
  /** Time to live of the answer. Default: one day. */
  readonly ttl?: Ttl
  /** An answer that is older is asked for again. Default: any age within its time to live. */
  readonly maxAge?: Duration
  /** Which of several answers to the same request: 0, 1, 2 … Default: 0. */
  readonly sample?: number
  /** A tenant, a user, a test: what was answered in one scope is never served in another. Default: none. */
  readonly scope?: string
  /** How a stored stream is played. Default: `'at-once'`. */
  readonly pace?: Pace
}

export type CallMode = Mode | 'record' | 'replay'

/** `'at-once'`; `'recorded'`: with the times in which it came; or a duration: that long between any two events. */
export type Pace = 'at-once' | 'recorded' | Duration

/** The header by which a policy reaches a call through an SDK: JSON. It is taken off before the call is sent. */
export const POLICY_HEADER = 'x-granary'

const OPTIONS = ['mode', 'ttl', 'maxAge', 'sample', 'scope', 'pace']
const MODES = ['use', 'refresh', 'bypass', 'read-only', 'only-if-cached', 'record', 'replay']

/** The headers that carry a policy: `create(params, { headers: policyHeaders({ mode: 'refresh' }) })`. */
export function policyHeaders(policy: CallPolicy): Record<string, string> {
  const json = JSON.stringify(checkPolicy(policy))
  // A header holds bytes: what is not ASCII is written as JSON can.
  return {
    [POLICY_HEADER]: json.replace(/[^ -~]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`),
  }
}

/** The policy in a header's value. @throws GranaryError `INVALID_OPTION` */
export function policyIn(header: string): CallPolicy {
  try {
    return checkPolicy(JSON.parse(header) as CallPolicy)
  } catch (cause) {
    if (cause instanceof GranaryError) throw cause
    throw new GranaryError(
      'INVALID_OPTION',
      `the header ${POLICY_HEADER} holds no JSON: make it with policyHeaders({ … })`,
    )
  }
}

/** @throws GranaryError `INVALID_OPTION` */
export function checkPolicy(policy: CallPolicy): CallPolicy {
  checkOptions('a call policy', policy, OPTIONS)
  const { mode, ttl, maxAge, sample, scope, pace } = policy
  if (mode !== undefined && !MODES.includes(mode)) {
    throw new GranaryError('INVALID_OPTION', `mode: there is no mode ${String(mode)}; it is one of ${MODES.join(', ')}`)
  }
  if (ttl !== undefined) parseTtl(ttl)
  if (maxAge !== undefined) parseDuration(maxAge, 'maxAge')
  if (sample !== undefined && (!Number.isSafeInteger(sample) || sample < 0))
    throw new GranaryError('INVALID_OPTION', `sample: ${String(sample)} is not a whole number from 0`)
  if (scope !== undefined && (typeof scope !== 'string' || scope === ''))
    throw new GranaryError('INVALID_OPTION', 'scope: give a name that is not empty')
  if (pace !== undefined && pace !== 'at-once' && pace !== 'recorded') parseDuration(pace, 'pace')
  return policy
}
