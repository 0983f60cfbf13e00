import {
  type Cache,
  type Clock,
  checkOptions,
  GranaryError,
  type Mode,
  parseDuration,
  systemClock,
  type Ttl,
} from '@granary/core'
import { AnswerNamespaces } from '../answer-namespaces.js'
import type { CallInfo } from '../call-info.js'
import { type CallPolicy, checkPolicy, POLICY_HEADER, policyIn } from '../call-policy.js'
import { Cassette } from '../cassette/cassette.js'
import { scrubbed, scrubFor } from '../cassette/scrub.js'
import { sha256 } from '../digest.js'
import { withFiles } from '../file-bytes.js'
import type { LiveStream } from '../live-stream.js'
import { checkPrices, costOf, PRICES, type Prices } from '../prices.js'
import type { Unstorable } from '../protocol.js'
import { type Call, type Opened, RecordedCalls } from '../recorded-calls.js'
import type { Recording } from '../recording.js'
import { replay } from '../replay.js'
import { type FetchInput, type LLMRequest, readRequest } from '../request.js'
import { type KeyOptions, type KeyParts, keyParts, requestKey } from '../request-key.js'
import { type Savings, SavingsLedger } from '../savings.js'
import { SurroundingPolicy } from '../surrounding-policy.js'
import { EmbeddingCalls, NotEmbedded } from './embedding-calls.js'
import { type HttpHead, httpAnswer } from './http-answer.js'
import { isTold, refusal, streamed, whole } from './respond.js'

export interface CachedFetchOptions extends CallPolicy, KeyOptions {
  /** Where answers are kept. May be left out with a cassette. */
  readonly cache?: Cache
  /** The file of the modes `'record'` and `'replay'`: `'test/cassettes/summary.yaml'`. */
  readonly cassette?: string
  /** What else is a secret, beside what looks like one: taken out before anything is written to the cassette. Default: none. */
  readonly scrub?: readonly (string | RegExp)[]
  /** What asks the provider. Default: the global `fetch`. */
  readonly fetch?: typeof globalThis.fetch
  /** US dollars for a million tokens, by model; go before {@link PRICES}. Default: none. */
  readonly prices?: Prices
  /** Lets messages show what was asked. Default: false. */
  readonly debug?: boolean
  /** Where the time comes from. Default: the system's clock. */
  readonly clock?: Clock
}

/** A `fetch` that answers the calls of models from a cache. Everything else passes through it untouched. */
export interface CachedFetch {
  (input: FetchInput, init?: RequestInit): Promise<Response>
  /** Runs a function whose calls have this policy, also those that an SDK makes on its behalf. */
  with<T>(policy: CallPolicy, fn: () => T): T
  /** What was spent and saved through it in this process, in tokens and US dollars. */
  savings(): Savings
  /** Deletes what was answered in a scope, or what was answered in none. */
  clear(scope?: string): Promise<void>
  /** The cassette, if it has one. */
  readonly cassette: Cassette | undefined
}

const POLICY = ['mode', 'ttl', 'maxAge', 'sample', 'scope', 'pace']
const OPTIONS = [...POLICY, 'cache', 'cassette', 'scrub', 'fetch', 'prices', 'debug', 'clock', 'ignore', 'keyHeaders']
const DEFAULT_TTL: Ttl = '1d'
/** Answers that another try may well not get: they have no place in a cassette. */
const PASSING = [401, 403, 408, 409, 425, 429]

/**
 * Makes the `fetch` to give to an SDK: `new OpenAI({ fetch: cachedFetch({ cache }) })`. Answers live one day unless told
 * otherwise, in the namespace `llm` of the cache.
 *
 * @throws GranaryError `INVALID_OPTION`
 */
export function cachedFetch(options: CachedFetchOptions): CachedFetch {
  const fetching = new Fetching(options)
  return Object.assign((input: FetchInput, init?: RequestInit) => fetching.fetch(input, init), {
    with: <T>(policy: CallPolicy, fn: () => T): T => fetching.surrounding.with(policy, fn),
    savings: () => fetching.ledger.snapshot(),
    clear: (scope?: string) => fetching.namespaces.of(scope).clear(),
    cassette: fetching.cassette,
  })
}

type Answer = Opened<HttpHead, string>

class Fetching {
  readonly surrounding: SurroundingPolicy = new SurroundingPolicy()
  readonly ledger: SavingsLedger = new SavingsLedger()
  readonly cassette: Cassette | undefined
  readonly #options: CachedFetchOptions
  readonly #policy: CallPolicy
  readonly #clock: Clock
  readonly #prices: Prices
  readonly #calls: RecordedCalls<HttpHead, string>
  readonly #embeddings: EmbeddingCalls
  readonly #namespaces: AnswerNamespaces | undefined

  constructor(options: CachedFetchOptions) {
    checkOptions('cachedFetch', options, OPTIONS)
    const { cache, cassette, prices = {}, clock = systemClock() } = options
    if (cache === undefined && cassette === undefined)
      throw new GranaryError('INVALID_OPTION', 'cachedFetch needs a cache, or a cassette: cachedFetch({ cache })')
    this.#options = options
    this.#policy = checkPolicy(Object.fromEntries(POLICY.flatMap((name) => pick(options, name))))
    this.#clock = clock
    this.#prices = { ...PRICES, ...checkPrices(prices) }
    this.#calls = new RecordedCalls(clock, this.#prices, this.ledger)
    this.#embeddings = new EmbeddingCalls(clock, this.#prices, this.ledger)
    this.#namespaces = cache === undefined ? undefined : new AnswerNamespaces(cache, 'fetch')
    this.cassette = cassette === undefined ? undefined : new Cassette(cassette, clock)
  }

  async fetch(input: FetchInput, init?: RequestInit): Promise<Response> {
    const request = await readRequest(input, init)
    if (request === undefined) return this.#upstream(input, init)
    try {
      return await this.#answer(request)
    } catch (error) {
      if (isTold(error)) return refusal(error, request.protocol)
      throw error
    }
  }

  /** @throws GranaryError `INVALID_OPTION` without a cache */
  get namespaces(): AnswerNamespaces {
    if (this.#namespaces !== undefined) return this.#namespaces
    throw new GranaryError(
      'INVALID_OPTION',
      "cachedFetch has no cache: give one, or use the modes 'record' and 'replay'",
    )
  }

  async #answer(request: LLMRequest): Promise<Response> {
    const policy = this.#policyOf(request)
    const mode = policy.mode ?? 'use'
    if (mode === 'bypass') return this.#ask(request, request.text, request.signal)
    const parts = keyParts(request, this.#options)
    const { batch } = request.protocol
    if (mode === 'record' || mode === 'replay') return this.#tape(request, parts, policy, mode === 'record')
    if (batch !== undefined) return this.#embed(request, parts, policy, mode)
    const sample = policy.sample ?? 0
    const key = requestKey(parts, sample)
    const opened = await this.#calls.open({
      ...this.#call(request, key),
      cache: this.namespaces.ofModel(policy.scope, request.body.model),
      mode,
      ttl: policy.ttl ?? DEFAULT_TTL,
      maxAge: policy.maxAge === undefined ? undefined : parseDuration(policy.maxAge, 'maxAge'),
      placeOf: (answered) => {
        if (!isFallback(request.body, answered)) return undefined
        const body = asked(parts.body, answered)
        return { cache: this.namespaces.ofModel(policy.scope, answered), key: requestKey({ ...parts, body }, sample) }
      },
    })
    return this.#respond(opened, key, policy, request.signal)
  }

  /** From the cassette, or onto it. */
  async #tape(request: LLMRequest, parts: KeyParts, policy: CallPolicy, recording: boolean): Promise<Response> {
    const { cassette } = this
    if (cassette === undefined)
      throw new GranaryError(
        'INVALID_OPTION',
        "the modes 'record' and 'replay' need a file: cachedFetch({ cassette: 'test/cassettes/answers.yaml' })",
      )
    const scrub = scrubFor(request.headers, this.#options.scrub ?? [])
    const { method, endpoint, headers } = parts
    const body = withFiles(parts.body, (bytes, type) => `${type}, ${bytes.length} bytes, sha256 ${sha256(bytes)}`)
    const key = cassette.ask(
      {
        method,
        endpoint: scrub(endpoint),
        ...(Object.keys(headers).length === 0 ? {} : { headers }),
        body: scrubbed(body, scrub),
        ...(policy.sample ? { sample: policy.sample } : {}),
        ...(policy.scope === undefined ? {} : { scope: policy.scope }),
      },
      scrub,
    )
    try {
      const opened = await this.#calls.open({
        ...this.#call(request, key),
        cache: cassette.cache(recording),
        mode: recording ? 'use' : 'only-if-cached',
        ttl: 'forever',
        maxAge: undefined,
        keeps: isLasting,
      })
      return this.#respond(opened, key, policy, request.signal)
    } catch (error) {
      if (error instanceof GranaryError && error.code === 'NOT_CACHED')
        throw cassette.missing(key, this.#options.debug ?? false)
      throw error
    }
  }

  async #embed(request: LLMRequest, parts: KeyParts, policy: CallPolicy, mode: Mode): Promise<Response> {
    const batch = request.protocol.batch as NonNullable<typeof request.protocol.batch>
    const { sample = 0, scope, ttl = DEFAULT_TTL, maxAge } = policy
    try {
      const { json, key, cached, ageMs, saved, model } = await this.#embeddings.answer(
        {
          request,
          parts,
          cache: this.namespaces.ofModel(scope, request.body.model),
          mode,
          ttl,
          maxAge: maxAge === undefined ? undefined : parseDuration(maxAge, 'maxAge'),
          sample,
          ask: (inputs, signal) => this.#ask(request, JSON.stringify(batch.withInputs(request.body, inputs)), signal),
        },
        batch,
      )
      const costSaved = costOf(saved, model, this.#prices)
      const info = { cached, joined: false, ageMs, key, sample, tokensSaved: saved.inputTokens, costSaved }
      return whole({ status: 200, headers: [['content-type', 'application/json']] }, info, JSON.stringify(json))
    } catch (error) {
      if (!(error instanceof NotEmbedded)) throw error
      const { status, headers, text } = error.response
      return new Response(text, { status, headers: new Headers(headers) })
    }
  }

  #respond(opened: Answer, key: string, policy: CallPolicy, signal: AbortSignal | undefined): Response {
    const { from, head, recording, live, leave } = opened
    const { sample = 0, pace = 'at-once' } = policy
    const about = {
      cached: from === 'cache',
      joined: from === 'joined',
      ageMs: 0,
      key,
      sample,
      tokensSaved: 0,
      costSaved: 0,
    }
    if (recording === undefined) return streamed(head, about, (live as LiveStream<string>).follow(signal), leave)
    const age = from === 'cache' ? { ageMs: this.#clock.now() - recording.at } : {}
    const info = { ...about, ...age, ...(from === 'provider' ? {} : this.#savedBy(recording)) }
    const [first] = recording.events
    if (recording.events.length === 1 && first !== undefined) return whole(head, info, first[1])
    return streamed(head, info, replay(recording, pace, this.#clock, signal), leave)
  }

  #savedBy({ usage, model }: Recording<HttpHead, string>): Pick<CallInfo, 'tokensSaved' | 'costSaved'> {
    return { tokensSaved: usage.inputTokens + usage.outputTokens, costSaved: costOf(usage, model, this.#prices) }
  }

  #call(request: LLMRequest, key: string): Pick<Call<HttpHead, string>, 'key' | 'signal' | 'model' | 'start'> {
    return {
      key,
      signal: request.signal,
      model: String(request.body.model ?? ''),
      start: async (signal) => httpAnswer(await this.#ask(request, request.text, signal), request),
    }
  }

  /** The header's policy goes before the surrounding one, and that before the fetch's own. Takes the header off. */
  #policyOf({ headers }: LLMRequest): CallPolicy {
    const header = headers.get(POLICY_HEADER)
    headers.delete(POLICY_HEADER)
    return { ...this.#policy, ...this.surrounding.current, ...(header === null ? {} : policyIn(header)) }
  }

  #ask({ url, headers, init, method }: LLMRequest, body: string, signal: AbortSignal | undefined): Promise<Response> {
    // A batch may have become shorter.
    headers.delete('content-length')
    const sent = { ...init, method, headers, body }
    return this.#upstream(url, signal === undefined ? sent : { ...sent, signal })
  }

  #upstream(input: FetchInput, init: RequestInit | undefined): Promise<Response> {
    // Looked up late, so that what replaces the global one (a test's double, an instrumentation) is used.
    const ask = this.#options.fetch ?? globalThis.fetch
    return ask(input, init)
  }
}

function pick(options: object, name: string): [string, unknown][] {
  const value = (options as Record<string, unknown>)[name]
  return value === undefined ? [] : [[name, value]]
}

/** Would the provider answer the same another time? */
function isLasting(reason: Unstorable, { status }: HttpHead): boolean {
  return reason !== 'incomplete' && status < 500 && !PASSING.includes(status)
}

/** Did another of the models answer that the request itself names as alternatives? */
function isFallback({ model, models, fallbacks }: Readonly<Record<string, unknown>>, answered: string): boolean {
  if (!Array.isArray(models) && !Array.isArray(fallbacks)) return false
  return typeof model === 'string' && answered !== model && !answered.startsWith(`${model}-`)
}

/** The request as it would be made of one model. */
function asked(body: Readonly<Record<string, unknown>>, model: string): Record<string, unknown> {
  const { models: _, fallbacks: __, ...rest } = body
  return { ...rest, model }
}
