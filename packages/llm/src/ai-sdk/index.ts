export { aiSdkModel, type LanguageModel } from './ai-sdk-model.js'
export { type CacheMiddleware, type CacheMiddlewareOptions, cacheMiddleware } from './cache-middleware.js'
