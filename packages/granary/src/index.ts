export {
  type Cache,
  type CachedFunction,
  type CachedOptions,
  CachedTaskWorker,
  type CachedTaskWorkerOptions,
  type CacheEvent,
  type CacheStats,
  type Caching,
  cached,
  defineTask,
  GranaryError,
  type GranaryErrorCode,
  type Run,
  type TaskOf,
} from '@granary/core'
export { type OpenCacheOptions, openCache } from './open-cache.js'
