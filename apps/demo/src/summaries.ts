import type { Savings } from '@granary/llm'
import type { Facts } from './facts.js'
import { nameOf } from './insights.js'
import { isReal, nameOfModel } from './model.js'
import { spell } from './spell.js'

const SHOWN_CHARACTERS = 400

/** The summaries, and what they cost; or why there are none. */
export function summariesOf({ outcome, corpus, model, asked }: Facts): string {
  const lines = outcome.summaries.map((each) => {
    const said = 'summary' in each ? each.summary.slice(0, SHOWN_CHARACTERS) : `not summarized (${each.reason})`
    return `  ${nameOf(each.path, corpus.root)}: ${said}`
  })
  return [`Summaries, by ${nameOfModel(model)}:`, ...lines, costOf(asked, isReal(model))].join('\n')
}

/** What was asked of the model, and what did not have to be. */
export function costOf({ calls, hits, ...savings }: Savings, isReal: boolean): string {
  const asked = `${spell.count(calls, 'call')}, ${spell.count(hits, 'answer')} from the cache`
  if (!isReal) return `${asked}. For a real model set OPENAI_API_KEY, OPENAI_BASE_URL or ANTHROPIC_API_KEY.`
  const { spentTokens, savedTokens, spentCost, savedCost } = savings
  const tokens = ({ inputTokens, outputTokens }: Savings['spentTokens']) =>
    spell.count(inputTokens + outputTokens, 'token')
  return `${asked}: ${tokens(spentTokens)} spent (${spell.money(spentCost)}), ${tokens(savedTokens)} saved (${spell.money(savedCost)}).`
}
