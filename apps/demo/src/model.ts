import { type Model, modelFrom } from '@granary/llm'
import { extractiveModel } from './extractive-model.js'

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

/** Does it cost something to ask? */
export function isReal({ provider }: Model): boolean {
  return provider !== 'demo'
}

/** Who wrote the summaries. */
export function nameOfModel(model: Model): string {
  return isReal(model)
    ? `${model.name} of ${model.provider}`
    : 'a model of the demo’s own, which picks sentences and writes none'
}
