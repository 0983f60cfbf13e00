import { type Cache, type Clock, checkOptions, type Mode, parseDuration, systemClock } from '@granary/core'
import { AnswerNamespaces } from '../answer-namespaces.js'
import { infoOf } from '../call-info.js'
import { type CallPolicy, checkPolicy } from '../call-policy.js'
import { type Loose, loose } from '../json.js'
import { checkPrices, costOf, PRICES, type Prices } from '../prices.js'
import { RecordedCalls, type Source } from '../recorded-calls.js'
import { SavingsLedger } from '../savings.js'
import type { Usage } from '../usage.js'
import { keyOf, take, takenOf } from './call-settings.js'
import { type Embedded, embedEach } from './embed-each.js'
import { AnswerJudge } from './judge.js'
import type { CacheMiddleware } from './middleware-contract.js'
import { all, asStream, judged, keptOf, only, partsOf, withInfo } from './parts.js'

export interface CacheMiddlewareOptions extends Omit<CallPolicy, 'mode'> {
  readonly cache: Cache
  /** Default: `'use'`. */
  readonly mode?: Mode
  /** US dollars for a million tokens, by model; go before the package's own table. Default: none. */
  readonly prices?: Prices
  /** Where the time comes from. Default: the system's clock. */
  readonly clock?: Clock
}

const OPTIONS = ['cache', 'mode', 'ttl', 'maxAge', 'sample', 'scope', 'pace', 'prices', 'clock']
const DEFAULT_TTL = '1d'

/**
 * Makes middleware that answers calls from a cache: `wrapLanguageModel({ model, middleware: cacheMiddleware({ cache }) })`.
 * A call's own policy goes into `providerOptions: { granary: { mode: 'refresh' } }`, what became of it is in
 * `providerMetadata.granary`. Answers live one day unless told otherwise.
 *
 * @throws GranaryError `INVALID_OPTION`
 */
export function cacheMiddleware(options: CacheMiddlewareOptions): CacheMiddleware {
  checkOptions('cacheMiddleware', options, OPTIONS)
  const { cache, prices: given = {}, clock = systemClock(), ...usual } = options
  checkPolicy(usual)
  const prices = { ...PRICES, ...checkPrices(given) }
  const ledger = new SavingsLedger()
  const namespaces = new AnswerNamespaces(cache, 'ai-sdk')
  const calls = new RecordedCalls<undefined, Loose>(clock, prices, ledger)

  /** Opens a call whose source `start` gives, once for all who want it. */
  const open = async (
    kind: string,
    model: { provider: string; modelId: string },
    params: object,
    start: () => Promise<Source<undefined, Loose>>,
  ) => {
    const { policy: own, signal, ending } = takenOf(params)
    const policy = { ...usual, ...own }
    const { mode = 'use', ttl = DEFAULT_TTL, maxAge, sample = 0, scope } = policy
    const key = keyOf(kind, model, params, sample)
    const opened = await calls.open({
      cache: namespaces.ofModel(scope, model.modelId),
      key,
      mode: mode as Mode,
      ttl,
      maxAge: maxAge === undefined ? undefined : parseDuration(maxAge, 'maxAge'),
      signal,
      model: model.modelId,
      start: (all) => {
        all.addEventListener('abort', () => ending.abort(all.reason), { once: true })
        return start()
      },
    })
    return { opened, policy, signal, info: infoOf(opened, key, sample, clock, prices) }
  }

  return {
    specificationVersion: 'v3',
    savings: () => ledger.snapshot(),

    transformParams: async ({ params }) => take(params),

    async wrapGenerate({ doGenerate, params, model }) {
      if (modeOf(params, usual) === 'bypass') return doGenerate()
      const { opened, info, signal } = await open('generate', model, params, async () => {
        const result = keptOf(await doGenerate())
        const judge = new AnswerJudge(loose(params))
        judge.whole(result)
        return {
          head: undefined,
          kept: undefined,
          streams: false,
          events: only(result),
          verdict: () => judge.verdict(),
        }
      })
      const [result] = await all(partsOf(opened, 'at-once', clock, signal))
      return withInfo(result ?? {}, info) as never
    },

    async wrapStream({ doStream, params, model }) {
      if (modeOf(params, usual) === 'bypass') return doStream()
      const { opened, info, policy, signal } = await open('stream', model, params, async () => {
        const { stream } = await doStream()
        const judge = new AnswerJudge(loose(params))
        return {
          head: undefined,
          kept: undefined,
          streams: true,
          events: judged(stream, judge),
          verdict: () => judge.verdict(),
        }
      })
      const parts = partsOf(opened, policy.pace ?? 'at-once', clock, signal)
      return { stream: asStream(parts, info, opened.leave) } as never
    },

    async wrapEmbed({ doEmbed, params, model }) {
      const { policy: own, signal } = takenOf(params as object)
      const { mode = 'use', ttl = DEFAULT_TTL, sample = 0, scope } = { ...usual, ...own }
      if (mode === 'bypass') return doEmbed()
      const { values, ...shared } = params
      const { found, asked } = await embedEach({
        cache: namespaces.ofModel(scope, model.modelId),
        keys: values.map((value) => keyOf('embed', model, { ...shared, value } as object, sample)),
        values,
        settings: { mode: mode as Mode, ttl, ...(signal === undefined ? {} : { signal }) },
        embed: async (missing, abortSignal) => model.doEmbed({ ...params, values: [...missing], abortSignal } as never),
        paid: (usage) => {
          const cost = costOf(usage, model.modelId, prices)
          ledger.add('calls', model.modelId, usage, cost)
          return cost
        },
      })
      const kept = found.filter((_, i) => !asked.has(i))
      const saved = tokensOf(kept)
      if (kept.length > 0) ledger.add('hits', model.modelId, saved, costOf(saved, model.modelId, prices))
      return {
        embeddings: found.map(({ vector }) => [...vector]),
        usage: { tokens: tokensOf(found).inputTokens },
        warnings: [],
        providerMetadata: { granary: { cached: kept.length === found.length, tokensSaved: saved.inputTokens } },
      } as never
    },
  }
}

function modeOf(params: object, usual: CallPolicy): CallPolicy['mode'] {
  return takenOf(params).policy.mode ?? usual.mode
}

function tokensOf(items: readonly Embedded[]): Usage {
  const tokens = Math.round(items.reduce((sum, item) => sum + item.tokens, 0))
  return { inputTokens: tokens, outputTokens: 0, cachedInputTokens: 0, cacheWriteTokens: 0 }
}
