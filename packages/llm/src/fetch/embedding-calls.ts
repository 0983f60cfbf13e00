import { type Cache, type Clock, canonical, type Mode, type Ttl } from '@granary/core'
import { sha256 } from '../digest.js'
import { parseJson } from '../json.js'
import { costOf, type Prices } from '../prices.js'
import type { BatchForm, Vector } from '../protocol.js'
import type { LLMRequest } from '../request.js'
import { type KeyParts, requestKey } from '../request-key.js'
import type { SavingsLedger } from '../savings.js'
import { NO_USAGE, type Usage } from '../usage.js'

/** The embedding of one input, as the cache keeps it. */
interface Embedded {
  readonly at: number
  readonly vector: Vector
  /** Its part of what the batch cost. */
  readonly tokens: number
  readonly model: string
}

export interface EmbeddingCall {
  readonly request: LLMRequest
  readonly parts: KeyParts
  readonly cache: Cache
  readonly mode: Mode
  readonly ttl: Ttl
  readonly maxAge: number | undefined
  readonly sample: number
  /** Asks the provider for these inputs. */
  readonly ask: (inputs: readonly unknown[], signal: AbortSignal) => Promise<Response>
}

/** Embeddings, and what is known of how they were come by. */
export interface EmbeddingAnswer {
  readonly json: unknown
  readonly key: string
  /** Did all come from the cache? */
  readonly cached: boolean
  readonly ageMs: number
  readonly saved: Usage
  readonly model: string
}

/** The provider's own response to a batch that it did not embed: passed on as it is, and never stored. */
export class NotEmbedded extends Error {
  readonly response: { readonly status: number; readonly headers: Headers; readonly text: string }

  constructor(response: NotEmbedded['response']) {
    super('the provider did not embed the inputs')
    this.response = response
  }
}

/**
 * Answers requests for embeddings input by input: those that are there from the cache, all others in one request, which
 * every caller that wants one of them shares.
 */
export class EmbeddingCalls {
  readonly #clock: Clock
  readonly #prices: Prices
  readonly #ledger: SavingsLedger

  constructor(clock: Clock, prices: Prices, ledger: SavingsLedger) {
    this.#clock = clock
    this.#prices = prices
    this.#ledger = ledger
  }

  /** @throws NotEmbedded if the provider answers anything but a vector for each input */
  async answer(call: EmbeddingCall, batch: BatchForm): Promise<EmbeddingAnswer> {
    const { request, cache, parts, sample } = call
    const inputs = batch.inputs(request.body)
    const shared = { ...parts, body: batch.shared(parts.body) }
    const keys = inputs.map((input) => requestKey({ ...shared, body: { ...shared.body, input } }, sample))
    const byKey = new Map(keys.map((key, i) => [key, inputs[i]]))
    const asked = new Set<string>()
    const found = await cache.getOrComputeMany<Embedded>(
      keys,
      async (missing, run) => {
        for (const key of missing) asked.add(key)
        const { items, cost } = await this.#ask(
          call,
          batch,
          missing.map((key) => byKey.get(key)),
          run.signal,
        )
        run.cost = cost
        return items
      },
      {
        mode: await this.#modeFor(call, keys),
        ttl: call.ttl,
        ...(request.signal === undefined ? {} : { signal: request.signal }),
      },
    )
    const kept = found.filter((_, i) => !asked.has(keys[i] as string))
    const model = found[0]?.model ?? String(request.body.model)
    const saved = tokensOf(kept)
    if (kept.length > 0) this.#ledger.add('hits', model, saved, costOf(saved, model, this.#prices))
    const vectors = found.map(({ vector }) => vector)
    return {
      json: batch.answer(request.body, vectors, model, tokensOf(found)),
      key: sha256(canonical(keys)),
      cached: kept.length === found.length,
      ageMs: Math.max(0, ...kept.map(({ at }) => this.#clock.now() - at)),
      saved,
      model,
    }
  }

  async #ask(call: EmbeddingCall, batch: BatchForm, inputs: readonly unknown[], signal: AbortSignal) {
    const at = this.#clock.now()
    const response = await call.ask(inputs, signal)
    const text = await response.text()
    const json = parseJson(text)
    const vectors = response.status === 200 ? batch.vectors(json, inputs.length) : undefined
    if (vectors === undefined) {
      this.#ledger.refuse(response.status === 200 ? 'error' : 'status')
      throw new NotEmbedded({ status: response.status, headers: response.headers, text })
    }
    const reader = call.request.protocol.reader()
    reader.whole(json)
    const { usage, model = String(call.request.body.model) } = reader.verdict()
    const cost = costOf(usage, model, this.#prices)
    this.#ledger.add('calls', model, usage, cost)
    const shares = sharesOf(inputs)
    const items = vectors.map((vector, i) => ({ at, vector, tokens: usage.inputTokens * (shares[i] ?? 0), model }))
    return { items, cost }
  }

  async #modeFor({ cache, mode, maxAge }: EmbeddingCall, keys: readonly string[]): Promise<Mode> {
    if (maxAge === undefined || mode !== 'use') return mode
    const now = this.#clock.now()
    const there = await Promise.all(keys.map((key) => cache.peek(key)))
    return there.some((entry) => entry !== undefined && now - entry.createdAt > maxAge) ? 'refresh' : mode
  }
}

/** A provider counts the tokens of a batch, not of its inputs: each gets the part that its length suggests. */
function sharesOf(inputs: readonly unknown[]): number[] {
  const lengths = inputs.map((input) => (typeof input === 'string' || Array.isArray(input) ? input.length : 1))
  const total = lengths.reduce((sum, length) => sum + length, 0)
  return lengths.map((length) => (total === 0 ? 1 / inputs.length : length / total))
}

function tokensOf(items: readonly Embedded[]): Usage {
  return { ...NO_USAGE, inputTokens: Math.round(items.reduce((sum, { tokens }) => sum + tokens, 0)) }
}
