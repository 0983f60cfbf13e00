import { type Model, modelFrom, type Savings } from '@granary/llm'
import type { Cache } from 'granary'
import { extractiveModel } from './extractive-model.js'
import { nameOf } from './insights.js'
import type { Finding } from './pipeline.js'
import type { ReadWorker } from './read-worker.js'
import { spell } from './spell.js'
import { SummarizeWorker } from './summarize-worker.js'

/** A model that costs money is asked about a few documents only. */
const SUMMARIZED = 3
const SHOWN_CHARACTERS = 400

type Environment = Readonly<Record<string, string | undefined>>

/** The model whose key or address is in the environment, else one that is none and costs nothing. */
export function modelIn(environment: Environment): Model {
  const { OPENAI_API_KEY: openai, OPENAI_BASE_URL: address, ANTHROPIC_API_KEY: anthropic } = environment
  if (openai) return modelFrom({ provider: 'openai', model: environment.OPENAI_MODEL || 'gpt-5-mini' })
  if (address) {
    const given = { model: environment.OPENAI_MODEL || 'llama3.2', baseURL: address }
    return modelFrom({ provider: 'openai-compatible', ...given })
  }
  if (anthropic) return modelFrom({ provider: 'anthropic', model: environment.ANTHROPIC_MODEL || 'claude-haiku-5-5' })
  return extractiveModel()
}

/** Summaries of the longest documents, and what they cost; or why there are none. */
export async function summariesOf(
  findings: readonly Finding[],
  root: string,
  read: ReadWorker,
  { cache, model }: { readonly cache: Cache; readonly model: Model },
  signal: AbortSignal,
): Promise<string> {
  const worker = new SummarizeWorker({ cache, model })
  const isReal = model.provider !== 'demo'
  const by = isReal
    ? `${model.name} of ${model.provider}`
    : 'a model of the demo’s own, which picks sentences and writes none'
  const lines = [`Summaries, by ${by}:`]
  for (const finding of longest(findings)) {
    try {
      const [document] = await read.run(finding.file, { signal })
      const [answer] = document === undefined ? [] : await worker.run(document, { signal })
      lines.push(`  ${nameOf(finding, root)}: ${answer?.summary.slice(0, SHOWN_CHARACTERS) ?? ''}`)
    } catch (error) {
      signal.throwIfAborted()
      // What is said here is worth a look, and no reason to fail: all else is done.
      lines.push(`  ${nameOf(finding, root)}: not summarized (${(error as Error).message})`)
      break
    }
  }
  return [...lines, costOf(await worker.savings(), isReal)].join('\n')
}

function longest(findings: readonly Finding[]): Finding[] {
  const distinct = [...new Map(findings.map((finding) => [finding.file.digest, finding])).values()]
  return distinct.sort((a, b) => b.analysis.words - a.analysis.words).slice(0, SUMMARIZED)
}

function costOf({ calls, hits, spentTokens, savedTokens, spentCost, savedCost }: Savings, isReal: boolean): string {
  const asked = `${spell.count(calls, 'call')}, ${spell.count(hits, 'answer')} from the cache`
  if (!isReal) return `${asked}. For a real model set OPENAI_API_KEY, OPENAI_BASE_URL or ANTHROPIC_API_KEY.`
  const tokens = ({ inputTokens, outputTokens }: Savings['spentTokens']) =>
    spell.count(inputTokens + outputTokens, 'token')
  return `${asked}: ${tokens(spentTokens)} spent (${spell.money(spentCost)}), ${tokens(savedTokens)} saved (${spell.money(savedCost)}).`
}
