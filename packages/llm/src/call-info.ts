import type { Clock } from '@granary/core'
import { POLICY_HEADER } from './call-policy.js'
import { parseJson } from './json.js'
import { costOf, type Prices } from './prices.js'
import type { Opened } from './recorded-calls.js'

/** What became of a call: in the header `x-granary` of a response, and in the field `granary` of an SDK's metadata. */
export interface CallInfo {
  /** Did the answer come from the cache (or a cassette)? */
  readonly cached: boolean
  /** Did it come from a call that another caller had under way? */
  readonly joined: boolean
  /** Milliseconds since the provider was asked; 0 for an answer that comes from there now. */
  readonly ageMs: number
  /** The answer's key: SHA-256 in hexadecimal. */
  readonly key: string
  readonly sample: number
  /** Tokens of the prompt and the answer that were not paid for again. 0 while a stream is under way. */
  readonly tokensSaved: number
  /** US dollars, as far as the model has a price. */
  readonly costSaved: number
}

/** What became of the call that a response answers; `undefined` for one that was left alone. */
export function callInfoOf(response: { readonly headers: Headers }): CallInfo | undefined {
  const header = response.headers.get(POLICY_HEADER)
  return header === null ? undefined : (parseJson(header) as CallInfo | undefined)
}

/** What is known of a call when its answer is handed out. */
export function infoOf<Head, Event>(
  { from, recording }: Opened<Head, Event>,
  key: string,
  sample: number,
  clock: Clock,
  prices: Prices,
): CallInfo {
  const info = {
    cached: from === 'cache',
    joined: from === 'joined',
    ageMs: 0,
    key,
    sample,
    tokensSaved: 0,
    costSaved: 0,
  }
  if (recording === undefined || from === 'provider') return info
  const { at, usage, model } = recording
  return {
    ...info,
    ageMs: from === 'cache' ? clock.now() - at : 0,
    tokensSaved: usage.inputTokens + usage.outputTokens,
    costSaved: costOf(usage, model, prices),
  }
}
