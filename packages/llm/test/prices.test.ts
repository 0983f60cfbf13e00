import { describe, expect, it } from 'vitest'
import { cachedFetch, PRICES, PRICES_AS_OF } from '../src/index.js'
import { costOf, priceOf } from '../src/prices.js'
import { NO_USAGE } from '../src/usage.js'

describe('prices', () => {
  it('have a date', () => {
    expect(PRICES_AS_OF).toMatch(/^20\d\d-\d\d-\d\d$/)
  })

  it.each([
    ['gpt-5-2025-08-07', 'gpt-5'],
    ['gpt-5-mini', 'gpt-5-mini'],
    ['openai/gpt-4o-mini-2024-07-18', 'gpt-4o-mini'],
    ['claude-sonnet-4-5-20250929', 'claude-sonnet-4-5'],
    ['claude-haiku-4-5@20251001', 'claude-haiku-4-5'],
    ['claude-3-5-haiku-latest', 'claude-3-5-haiku'],
  ])('%s costs as %s', (model, known) => {
    expect(PRICES[known]).toBeDefined()
    expect(priceOf(model, PRICES)).toBe(PRICES[known])
  })

  it.each(['gpt-5-pro', 'gpt-50', 'claude-opus-4-9', 'llama3.2', 'constructor', ''])('%s has none', (model) => {
    expect(priceOf(model, PRICES)).toBeUndefined()
    expect(costOf({ ...NO_USAGE, inputTokens: 1e6 }, model, PRICES)).toBe(0)
  })

  it('count what the provider had cached at its own price', () => {
    const usage = {
      inputTokens: 1_000_000,
      outputTokens: 100_000,
      cachedInputTokens: 400_000,
      cacheWriteTokens: 100_000,
    }
    expect(costOf(usage, 'm', { m: { input: 10, output: 50, cachedInput: 1, cacheWrite: 12.5 } })).toBeCloseTo(
      5 + 0.4 + 1.25 + 5,
    )
    expect(costOf(usage, 'm', { m: { input: 10, output: 50 } })).toBeCloseTo(15)
  })

  it('that are no numbers are refused', () => {
    const prices = { m: { input: Number.NaN, output: 1 } }
    expect(() => cachedFetch({ cassette: '/tmp/none.yaml', prices })).toThrow(/m\.input is no number of dollars/)
  })
})
