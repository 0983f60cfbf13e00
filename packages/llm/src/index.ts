export { type CallInfo, callInfoOf } from './call-info.js'
export { type CallMode, type CallPolicy, type Pace, policyHeaders } from './call-policy.js'
export type { Cassette } from './cassette/cassette.js'
export { type CachedFetch, cachedFetch } from './fetch/cached-fetch.js'
export type { CachedFetchOptions } from './fetch/fetch-options.js'
export type {
  Answer,
  AnswerPart,
  Finish,
  JsonSchema,
  Message,
  Model,
  ModelCall,
  ModelIdentity,
  ModelRequest,
  Part,
  ToolCall,
  ToolSpec,
} from './model.js'
export { ModelError } from './model-error.js'
export { type AnthropicOptions, anthropic } from './models/anthropic.js'
export { fallback } from './models/fallback.js'
export { type ModelOptions, modelFrom, type Provider } from './models/model-from.js'
export { type OpenAICompatibleOptions, openaiCompatible } from './models/openai-compatible.js'
export { PRICES, PRICES_AS_OF, type Price, type Prices } from './prices.js'
export type { Unstorable } from './protocol.js'
export type { KeyOptions } from './request-key.js'
export type { ModelSavings, Savings } from './savings.js'
export type { Usage } from './usage.js'
export { CachedLLMTaskWorker, type CachedLLMTaskWorkerOptions } from './worker/cached-llm-task-worker.js'
export type { Exchange } from './worker/conversation.js'
export type { Tool } from './worker/tool.js'
