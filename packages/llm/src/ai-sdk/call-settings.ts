import { canonical, GranaryError } from '@granary/core'
import { type CallPolicy, checkPolicy } from '../call-policy.js'
import { sha256 } from '../digest.js'
import type { Loose } from '../json.js'

/** Headers that change what is answered, and not who asks. */
const CONTRACT_HEADERS = ['anthropic-beta', 'anthropic-version', 'openai-beta']

/** What is not part of the question. */
interface CallParams {
  readonly abortSignal?: AbortSignal
  readonly headers?: Readonly<Record<string, string | undefined>>
  readonly providerOptions?: Readonly<Record<string, unknown>>
}

/** A call's own signal and policy, taken out of its parameters; and a signal that ends the call when nobody waits for it. */
export interface Taken {
  readonly policy: CallPolicy
  readonly signal: AbortSignal | undefined
  readonly ending: AbortController
}

const taken = new WeakMap<AbortSignal, Taken>()

/**
 * Parameters without what is the caller's own: the policy in `providerOptions.granary`, and the signal, which would end
 * the call for all who wait for it.
 *
 * @throws GranaryError `INVALID_OPTION` for a policy that is none
 */
export function take<Params extends CallParams>(params: Params): Params {
  const ending = new AbortController()
  const { granary = {}, ...providerOptions } = params.providerOptions ?? {}
  const policy = checkPolicy(granary as CallPolicy)
  if (policy.mode === 'record' || policy.mode === 'replay')
    throw new GranaryError(
      'INVALID_OPTION',
      `mode '${policy.mode}' is one of cachedFetch: give it to the provider as its fetch`,
    )
  taken.set(ending.signal, { policy, signal: params.abortSignal, ending })
  return {
    ...params,
    abortSignal: ending.signal,
    ...(params.providerOptions === undefined ? {} : { providerOptions }),
  }
}

/** What was taken out of these parameters. */
export function takenOf({ abortSignal }: CallParams): Taken {
  const found = abortSignal === undefined ? undefined : taken.get(abortSignal)
  return found ?? { policy: {}, signal: abortSignal, ending: new AbortController() }
}

/** The key of an answer: of the model, and of all parameters but those that do not change it. */
export function keyOf(
  kind: string,
  model: { provider: string; modelId: string },
  params: CallParams,
  sample: number,
): string {
  const { abortSignal: _, headers = {}, ...rest } = params
  const contract = Object.entries(headers).filter(([name]) => CONTRACT_HEADERS.includes(name.toLowerCase()))
  const parts = [kind, model.provider, model.modelId, contract.sort(), withoutUrls(rest), sample]
  return sha256(canonical(['granary/llm/ai-sdk/1', ...parts], 'call'))
}

/** The same data with addresses as texts. */
function withoutUrls(value: unknown): unknown {
  if (value instanceof URL) return { url: value.href }
  if (Array.isArray(value)) return value.map(withoutUrls)
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value
  return Object.fromEntries(
    Object.entries(value as Loose).flatMap(([name, item]) => (item === undefined ? [] : [[name, withoutUrls(item)]])),
  )
}
