import { type Cache, canonical, checkOptions, parseTtl, type Ttl } from '@granary/core'
import { BaseCache, deserializeStoredGeneration, serializeGeneration } from '@langchain/core/caches'
import type { Generation } from '@langchain/core/outputs'
import { AnswerNamespaces } from '../answer-namespaces.js'
import { sha256 } from '../digest.js'
import { count, isFilled, list, loose, text } from '../json.js'
import { costOf, PRICES, type Prices } from '../prices.js'
import type { Unstorable } from '../protocol.js'
import { type Savings, SavingsLedger } from '../savings.js'
import { NO_USAGE, type Usage } from '../usage.js'

export interface GranaryCacheOptions {
  readonly cache: Cache
  /** Time to live of answers. Default: `'1d'`. */
  readonly ttl?: Ttl
  /** What was answered in one scope is never served in another. Default: none. */
  readonly scope?: string
  /** US dollars for a million tokens, by model; go before the package's own table. Default: none. */
  readonly prices?: Prices
}

/** What stands in a prompt where LangChain leaves the content of a file out: equal prompts are not equal questions then. */
const PLACEHOLDER = /\[(?:image|file|audio|video)\]/i

/** What the cache keeps of an answer. */
interface Stored {
  readonly generations: readonly unknown[]
  readonly usage: Usage
  readonly model: string
}

/**
 * A cache for LangChain's models: `new ChatOpenAI({ cache: new GranaryCache({ cache }) })`. LangChain asks it with texts
 * alone: prompts in which it has left out a file pass by, and streams do not come here at all. Where both matter, give the
 * model a `cachedFetch` instead.
 */
export class GranaryCache extends BaseCache {
  readonly #cache: Cache
  readonly #ttl: Ttl
  readonly #prices: Prices
  readonly #ledger = new SavingsLedger()

  /** @throws GranaryError `INVALID_OPTION` */
  constructor(options: GranaryCacheOptions) {
    super()
    checkOptions('GranaryCache', options, ['cache', 'ttl', 'scope', 'prices'])
    const { cache, ttl = '1d', scope, prices = {} } = options
    parseTtl(ttl)
    this.#cache = new AnswerNamespaces(cache, 'langchain').of(scope)
    this.#ttl = ttl
    this.#prices = { ...PRICES, ...prices }
  }

  async lookup(prompt: string, llmKey: string): Promise<Generation[] | null> {
    if (PLACEHOLDER.test(prompt)) return null
    const stored = await this.#cache.get<Stored>(keyOf(prompt, llmKey))
    if (stored === undefined) return null
    const { usage, model } = stored
    this.#ledger.add('hits', model, usage, costOf(usage, model, this.#prices))
    // What is cached is frozen, and messages are changed by those who get them.
    return structuredClone(stored.generations).map((each) => deserializeStoredGeneration(each as never))
  }

  async update(prompt: string, llmKey: string, generations: Generation[]): Promise<void> {
    const facts = generations.map(factsOf)
    const usage = facts[0]?.usage ?? NO_USAGE
    const model = facts[0]?.model ?? ''
    this.#ledger.add('calls', model, usage, costOf(usage, model, this.#prices))
    const unstorable = facts.length === 0 ? 'empty' : facts.find((each) => each.unstorable !== undefined)?.unstorable
    if (unstorable !== undefined) return this.#ledger.refuse(unstorable)
    if (PLACEHOLDER.test(prompt)) return
    const stored = { generations: plain(generations.map(serializeGeneration)), usage, model }
    await this.#cache.set(keyOf(prompt, llmKey), stored, { ttl: this.#ttl })
  }

  /** What was spent and saved through it in this process. */
  savings(): Savings {
    return this.#ledger.snapshot()
  }
}

/** LangChain's own key of the model can hold a credential: neither is kept but as a digest. */
function keyOf(prompt: string, llmKey: string): string {
  return sha256(canonical(['granary/llm/langchain/1', prompt, llmKey]))
}

/** As JSON can say it: messages hold instances of classes. */
function plain(value: readonly unknown[]): readonly unknown[] {
  return JSON.parse(JSON.stringify(value)) as unknown[]
}

const FINISHED = ['stop', 'end_turn', 'stop_sequence', 'tool_calls', 'tool_use', 'function_call', 'completed']
const TRUNCATED = ['length', 'max_tokens', 'model_context_window_exceeded', 'incomplete']
const FILTERED = ['content_filter', 'refusal']

function factsOf(generation: Generation): {
  unstorable: Unstorable | undefined
  usage: Usage
  model: string | undefined
} {
  const message = loose(loose(generation).message)
  const metadata = { ...loose(generation.generationInfo), ...loose(message.response_metadata) }
  const finish = text(metadata.finish_reason) ?? text(metadata.stop_reason) ?? text(metadata.status) ?? 'stop'
  const says = isFilled(generation.text) || list(message.tool_calls).length > 0 || isFilled(message.content)
  const counted = loose(message.usage_metadata)
  const usage = {
    ...NO_USAGE,
    inputTokens: count(counted.input_tokens),
    outputTokens: count(counted.output_tokens),
    cachedInputTokens: count(loose(counted.input_token_details).cache_read),
  }
  return { unstorable: reasonOf(finish, says), usage, model: text(metadata.model_name) ?? text(metadata.model) }
}

function reasonOf(finish: string, says: boolean): Unstorable | undefined {
  if (FILTERED.includes(finish)) return 'filtered'
  if (TRUNCATED.includes(finish)) return 'truncated'
  if (!FINISHED.includes(finish)) return 'unfinished'
  return says ? undefined : 'empty'
}
