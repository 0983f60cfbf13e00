export { aiSdkModel, type LanguageModel } from './ai-sdk-model.js'
export { type CacheMiddlewareOptions, cacheMiddleware } from './cache-middleware.js'
export type { CacheMiddleware } from './middleware-contract.js'
