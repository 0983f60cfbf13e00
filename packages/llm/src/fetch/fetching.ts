import { type Clock, GranaryError, type Mode, parseDuration, systemClock } from '@granary/core'
import { AnswerNamespaces } from '../answer-namespaces.js'
import { type CallPolicy, POLICY_HEADER, policyIn } from '../call-policy.js'
import { Cassette } from '../cassette/cassette.js'
import { scrubFor } from '../cassette/scrub.js'
import { checkPrices, costOf, PRICES, type Prices } from '../prices.js'
import type { BatchForm } from '../protocol.js'
import { type Call, RecordedCalls } from '../recorded-calls.js'
import { type FetchInput, type LLMRequest, readRequest } from '../request.js'
import { type KeyParts, keyParts, requestKey } from '../request-key.js'
import { SavingsLedger } from '../savings.js'
import { SurroundingPolicy } from '../surrounding-policy.js'
import { EmbeddingCalls, NotEmbedded } from './embedding-calls.js'
import { askedOf, hasFallbacks, isFallback } from './fallback.js'
import { type CachedFetchOptions, DEFAULT_TTL, policyAmong } from './fetch-options.js'
import { type HttpHead, httpAnswer } from './http-answer.js'
import { isTold, refusal, respond, whole } from './respond.js'
import { isLasting, tapedRequest } from './taped-request.js'
import { Upstream } from './upstream.js'

/** What is behind one `cachedFetch`: takes a call its way, to the cache, the cassette, or the provider. */
export class Fetching {
  readonly surrounding: SurroundingPolicy = new SurroundingPolicy()
  readonly ledger: SavingsLedger = new SavingsLedger()
  readonly cassette: Cassette | undefined
  readonly #options: CachedFetchOptions
  readonly #policy: CallPolicy
  readonly #clock: Clock
  readonly #prices: Prices
  readonly #upstream: Upstream
  readonly #calls: RecordedCalls<HttpHead, string>
  readonly #embeddings: EmbeddingCalls
  readonly #namespaces: AnswerNamespaces | undefined

  constructor(options: CachedFetchOptions) {
    this.#policy = policyAmong(options)
    const { cache, cassette, prices = {}, clock = systemClock() } = options
    this.#options = options
    this.#clock = clock
    this.#prices = { ...PRICES, ...checkPrices(prices) }
    this.#upstream = new Upstream(options.fetch)
    this.#calls = new RecordedCalls(clock, this.#prices, this.ledger)
    this.#embeddings = new EmbeddingCalls(clock, this.#prices, this.ledger)
    this.#namespaces = cache === undefined ? undefined : new AnswerNamespaces(cache, 'fetch')
    this.cassette = cassette === undefined ? undefined : new Cassette(cassette, clock)
  }

  async fetch(input: FetchInput, init?: RequestInit): Promise<Response> {
    const request = await readRequest(input, init)
    if (request === undefined) return this.#upstream.pass(input, init)
    try {
      return await this.#answer(request)
    } catch (error) {
      // What no key can be made of (nesting deeper than a key may be) is asked as if there were no cache.
      if (error instanceof GranaryError && error.code === 'INVALID_KEY')
        return this.#upstream.ask(request, request.signal)
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

  #answer(request: LLMRequest): Promise<Response> {
    const policy = this.#policyOf(request)
    const { mode = 'use' } = policy
    const { protocol, body, signal } = request
    if (mode === 'bypass') return this.#upstream.ask(request, signal)
    const parts = keyParts(request, this.#options)
    if (mode === 'record' || mode === 'replay') return this.#taped(request, parts, policy, mode === 'record')
    if (protocol.dependsOnState?.(body)) return this.#upstream.ask(request, signal)
    const { batch } = protocol
    return batch === undefined
      ? this.#cached(request, parts, policy, mode)
      : this.#embedded(request, parts, policy, mode, batch)
  }

  async #cached(request: LLMRequest, parts: KeyParts, policy: CallPolicy, mode: Mode): Promise<Response> {
    const { sample = 0, scope, ttl = DEFAULT_TTL, maxAge } = policy
    const key = requestKey(parts, sample)
    const opened = await this.#calls.open({
      ...this.#call(request, key),
      cache: this.namespaces.ofModel(scope, request.body.model),
      mode,
      ttl,
      maxAge: maxAge === undefined ? undefined : parseDuration(maxAge, 'maxAge'),
      placeOf: hasFallbacks(request.body)
        ? (answered) => {
            if (!isFallback(request.body, answered)) return undefined
            const own = { ...parts, body: askedOf(answered, parts.body) }
            return { cache: this.namespaces.ofModel(scope, answered), key: requestKey(own, sample) }
          }
        : undefined,
    })
    return respond(opened, key, policy, { clock: this.#clock, prices: this.#prices, signal: request.signal })
  }

  /** From the cassette, or onto it. */
  async #taped(request: LLMRequest, parts: KeyParts, policy: CallPolicy, recording: boolean): Promise<Response> {
    const { cassette } = this
    if (cassette === undefined)
      throw new GranaryError(
        'INVALID_OPTION',
        "the modes 'record' and 'replay' need a file: cachedFetch({ cassette: 'test/cassettes/answers.yaml' })",
      )
    const scrub = scrubFor(request.headers, this.#options.scrub ?? [])
    const key = cassette.ask(tapedRequest(parts, policy, scrub), scrub)
    try {
      const opened = await this.#calls.open({
        ...this.#call(request, key),
        cache: cassette.cache(recording),
        mode: recording ? 'use' : 'only-if-cached',
        ttl: 'forever',
        maxAge: undefined,
        keeps: isLasting,
      })
      return respond(opened, key, policy, { clock: this.#clock, prices: this.#prices, signal: request.signal })
    } catch (error) {
      if (!(error instanceof GranaryError && error.code === 'NOT_CACHED')) throw error
      throw cassette.missing(key, this.#options.debug ?? false)
    }
  }

  async #embedded(
    request: LLMRequest,
    parts: KeyParts,
    policy: CallPolicy,
    mode: Mode,
    batch: BatchForm,
  ): Promise<Response> {
    const { sample = 0, scope, ttl = DEFAULT_TTL, maxAge } = policy
    const call = {
      request,
      parts,
      cache: this.namespaces.ofModel(scope, request.body.model),
      mode,
      ttl,
      maxAge: maxAge === undefined ? undefined : parseDuration(maxAge, 'maxAge'),
      sample,
      ask: (inputs: readonly unknown[], signal: AbortSignal) =>
        this.#upstream.ask(request, signal, JSON.stringify(batch.withInputs(request.body, inputs))),
    }
    try {
      const { json, key, cached, ageMs, saved, model } = await this.#embeddings.answer(call, batch)
      const costSaved = costOf(saved, model, this.#prices)
      const info = { cached, joined: false, ageMs, key, sample, tokensSaved: saved.inputTokens, costSaved }
      return whole({ status: 200, headers: [['content-type', 'application/json']] }, info, JSON.stringify(json))
    } catch (error) {
      if (!(error instanceof NotEmbedded)) throw error
      const { status, headers, text } = error.response
      return new Response(text, { status, headers: new Headers(headers) })
    }
  }

  #call(request: LLMRequest, key: string): Pick<Call<HttpHead, string>, 'key' | 'signal' | 'model' | 'start'> {
    return {
      key,
      signal: request.signal,
      model: String(request.body.model ?? ''),
      start: async (signal) => httpAnswer(await this.#upstream.ask(request, signal), request),
    }
  }

  /** The header's policy goes before the surrounding one, and that before the fetch's own. Takes the header off. */
  #policyOf({ headers }: LLMRequest): CallPolicy {
    const header = headers.get(POLICY_HEADER)
    headers.delete(POLICY_HEADER)
    return { ...this.#policy, ...this.surrounding.current, ...(header === null ? {} : policyIn(header)) }
  }
}
