import { checkOptions, GranaryError } from '@granary/core'
import type { Model } from '../model.js'
import { anthropic } from './anthropic.js'
import { openaiCompatible } from './openai-compatible.js'

/** Who serves a model: see {@link modelFrom}. */
export type Provider = 'openai' | 'anthropic' | 'ollama' | 'openai-compatible'

/** A model in words, as from a configuration file. */
export interface ModelOptions {
  readonly provider: Provider
  /** The provider's name of it, such as `'gpt-5-mini'`. */
  readonly model: string
  /** Default: the provider's environment variable. */
  readonly apiKey?: string
  /** Default: the provider's environment variable, or its usual address; `'openai-compatible'` has none. */
  readonly baseURL?: string
  readonly headers?: Readonly<Record<string, string>>
  /** Default: the global `fetch`. */
  readonly fetch?: typeof globalThis.fetch
}

interface Row {
  readonly keyVariable?: string
  readonly addressVariable?: string
  readonly address?: string
}

/** A provider is a row here. */
const PROVIDERS: Readonly<Record<Provider, Row>> = {
  openai: { keyVariable: 'OPENAI_API_KEY', addressVariable: 'OPENAI_BASE_URL', address: 'https://api.openai.com/v1' },
  anthropic: {
    keyVariable: 'ANTHROPIC_API_KEY',
    addressVariable: 'ANTHROPIC_BASE_URL',
    address: 'https://api.anthropic.com',
  },
  ollama: { addressVariable: 'OLLAMA_BASE_URL', address: 'http://localhost:11434/v1' },
  'openai-compatible': {},
}

const OPTIONS = ['provider', 'model', 'apiKey', 'baseURL', 'headers', 'fetch']

/**
 * Makes a model of a few words: `modelFrom({ provider: 'openai', model: 'gpt-5-mini' })`.
 *
 * @throws GranaryError `INVALID_OPTION` for an unknown provider, or one whose key or address is missing
 */
export function modelFrom(options: ModelOptions): Model {
  checkOptions('modelFrom', options, OPTIONS)
  const { provider, model, headers = {}, fetch } = options
  if (!Object.hasOwn(PROVIDERS, provider)) {
    const known = Object.keys(PROVIDERS).join(', ')
    throw new GranaryError(
      'INVALID_OPTION',
      `modelFrom: there is no provider ${String(provider)}; it is one of ${known}`,
    )
  }
  if (typeof model !== 'string' || model === '')
    throw new GranaryError('INVALID_OPTION', `modelFrom: name the model of ${provider}`)
  const { keyVariable, addressVariable, address } = PROVIDERS[provider]
  const apiKey = options.apiKey ?? variable(keyVariable)
  const baseURL = options.baseURL ?? variable(addressVariable) ?? address
  if (keyVariable !== undefined && apiKey === undefined)
    throw new GranaryError('INVALID_OPTION', `modelFrom: ${provider} needs an apiKey, or the variable ${keyVariable}`)
  if (baseURL === undefined) throw new GranaryError('INVALID_OPTION', `modelFrom: ${provider} needs a baseURL`)
  const given = { model, baseURL, headers, ...(fetch && { fetch }) }
  if (provider === 'anthropic') return anthropic({ ...given, apiKey: apiKey as string })
  return openaiCompatible({ ...given, provider, ...(apiKey === undefined ? {} : { apiKey }) })
}

/** An environment variable that is set to something. */
function variable(name: string | undefined): string | undefined {
  return (name === undefined ? undefined : process.env[name]) || undefined
}
