import { GranaryError } from '@granary/core'
import type { Usage } from './usage.js'

/** US dollars for a million tokens. */
export interface Price {
  readonly input: number
  readonly output: number
  /** Of input that the provider read from its prompt cache. Default: as `input`. */
  readonly cachedInput?: number
  /** Of input that the provider wrote to its prompt cache. Default: as `input`. */
  readonly cacheWrite?: number
}

/** Prices by model. A name with a date or a version after it (`gpt-5-2025-08-07`) has the price of the longest name that it begins with. */
export type Prices = Readonly<Record<string, Price>>

/** When {@link PRICES} was last compared with what the providers publish. */
export const PRICES_AS_OF = '2026-11-05'

/**
 * List prices of standard processing, without long-context surcharges, batch discounts or tax: good for "about how much",
 * not for a bill. Sources: developers.openai.com/api/docs/pricing, platform.claude.com/docs/en/about-claude/pricing.
 */
export const PRICES: Prices = Object.freeze({
  'gpt-5.5': openai(5, 30, 0.5),
  'gpt-5.4': openai(2.5, 15, 0.25),
  'gpt-5.4-mini': openai(0.75, 4.5, 0.075),
  'gpt-5.4-nano': openai(0.2, 1.25, 0.02),
  'gpt-5.2': openai(1.75, 14, 0.175),
  'gpt-5': openai(1.25, 10, 0.125),
  'gpt-5-mini': openai(0.25, 2, 0.025),
  'gpt-5-nano': openai(0.05, 0.4, 0.005),
  'gpt-4.1': openai(2, 8, 0.5),
  'gpt-4.1-mini': openai(0.4, 1.6, 0.1),
  'gpt-4.1-nano': openai(0.1, 0.4, 0.025),
  'gpt-4o': openai(2.5, 10, 1.25),
  'gpt-4o-mini': openai(0.15, 0.6, 0.075),
  o3: openai(2, 8, 0.5),
  'o4-mini': openai(1.1, 4.4, 0.275),
  'text-embedding-3-small': openai(0.02, 0, 0.02),
  'text-embedding-3-large': openai(0.13, 0, 0.13),
  'claude-opus-5-5': { ...anthropic(4, 20), cachedInput: 0.2 },
  'claude-sonnet-5-5': { ...anthropic(2, 10), cachedInput: 0.1 },
  'claude-haiku-5-5': anthropic(0.1, 0.5),
  'claude-opus-5': anthropic(5, 25),
  'claude-sonnet-5': anthropic(2, 10),
  'claude-opus-4-5': anthropic(5, 25),
  'claude-opus-4-6': anthropic(5, 25),
  'claude-opus-4-7': anthropic(5, 25),
  'claude-opus-4-8': anthropic(5, 25),
  'claude-opus-4': anthropic(15, 75),
  'claude-sonnet-4-6': anthropic(3, 15),
  'claude-sonnet-4-5': anthropic(3, 15),
  'claude-sonnet-4': anthropic(3, 15),
  'claude-haiku-4-5': anthropic(1, 5),
  'claude-3-5-haiku': anthropic(0.8, 4),
})

function openai(input: number, output: number, cachedInput: number): Price {
  return { input, output, cachedInput, cacheWrite: input }
}

/** A read costs a tenth of the input, a write (for five minutes) a quarter more. */
function anthropic(input: number, output: number): Price {
  return { input, output, cachedInput: input / 10, cacheWrite: input * 1.25 }
}

/** The price of a model; `undefined` if none is known. */
export function priceOf(model: string, prices: Prices): Price | undefined {
  const name = model.slice(model.lastIndexOf('/') + 1)
  if (Object.hasOwn(prices, model)) return prices[model]
  const found = Object.keys(prices)
    .filter((known) => name === known || isVersionOf(name, known))
    .sort((a, b) => b.length - a.length)[0]
  return found === undefined ? undefined : prices[found]
}

/** `-2025-08-07`, `-20250929`, `-latest`, `@20250929`: what comes after a model's name, unlike `-mini`. */
function isVersionOf(name: string, known: string): boolean {
  return name.startsWith(known) && /^[-@:](\d{4}-\d\d-\d\d|\d{6,8}|latest|v\d.*)$/.test(name.slice(known.length))
}

/** US dollars that a call cost; 0 where the price of its model is not known. */
export function costOf(usage: Usage, model: string, prices: Prices): number {
  const price = priceOf(model, prices)
  if (price === undefined) return 0
  const { input, output, cachedInput = input, cacheWrite = input } = price
  const { inputTokens, outputTokens, cachedInputTokens, cacheWriteTokens } = usage
  const fresh = Math.max(0, inputTokens - cachedInputTokens - cacheWriteTokens)
  const micro = fresh * input + cachedInputTokens * cachedInput + cacheWriteTokens * cacheWrite + outputTokens * output
  return micro / 1e6
}

/** @throws GranaryError `INVALID_OPTION` for a price that is no number from 0 */
export function checkPrices(prices: Prices): Prices {
  for (const [model, price] of Object.entries(prices)) {
    for (const [what, dollars] of Object.entries(price)) {
      if (typeof dollars === 'number' && dollars >= 0) continue
      throw new GranaryError('INVALID_OPTION', `prices: ${model}.${what} is no number of dollars for a million tokens`)
    }
  }
  return prices
}
