export { type Awaitable, isPromise } from './awaitable.js'
export type { Cache, CacheOptions, ComputeOptions, NamedEntry, Peeked, SetOptions } from './cache.js'
export { type CachedFunction, type CachedOptions, cached } from './cached.js'
export { CachedTaskWorker, type CachedTaskWorkerOptions } from './cached-task-worker.js'
export type { Caching } from './caching.js'
export { type Clock, systemClock, type TimeSource } from './clock.js'
export type { Codec, CodecStage, Concealment, Decoded } from './codec.js'
export type { Computation, Stale } from './computation.js'
export { CACHE_OPTIONS, createCache } from './create-cache.js'
export { type Duration, parseDuration, parseTtl, type Ttl } from './duration.js'
export type { EagerRefresh } from './eager-refresh.js'
export { type Entry, type EntryInfo, type KeyedInfo, type Life, lifeOf } from './entry.js'
export { type CorruptReason, GranaryError, type GranaryErrorCode } from './errors.js'
export type { CacheEvent, CacheListener, KeyEvent, StaleReason } from './events.js'
export type { Explanation, Nearest } from './explain.js'
export type { FreshnessOptions, StaleWindows } from './freshness.js'
export type { Shape, Values } from './held-entry.js'
export type { Fate, Journal, PartsRecord, Unkept } from './journal.js'
export { canonical } from './key.js'
export type { Latency } from './latencies.js'
export { type LayerPolicy, layer } from './layer.js'
export { layered } from './layered.js'
export type { Ledger, Saving } from './ledger.js'
export type { Logger, LogLevel } from './logger.js'
export type { Mode } from './modes.js'
export { namespaceLineage, namespaceNames, namespacePath, parsePhysicalKey, physicalKey } from './namespace.js'
export type { NegativeTtl } from './negative-ttl.js'
export { checkOptions } from './options.js'
export type { PublishOptions, Run } from './run.js'
export type { SchemaInput, SchemaOptions, SchemaOutput } from './schema-shape.js'
export { parseSize, type Size } from './size.js'
export type { SchemaIssue, SchemaResult, StandardSchema } from './standard-schema.js'
export type { CacheStats, LayerStats } from './stats.js'
export {
  type Feed,
  type Lease,
  type LeaseRequest,
  type Look,
  type Mark,
  type News,
  type Position,
  type Refusal,
  refused,
  type SetItem,
  type SetOutcome,
  STORED,
  type Store,
  type StoreFailure,
  type StoreOperation,
  type StorePolicy,
  type StoreStats,
} from './store.js'
export { defineTask, type Task, type TaskOf, type TaskType, type TaskWith, type TypeOf } from './task.js'
export { type RunOptions, TaskWorker } from './task-worker.js'
export type { VersionInfo, WorkerEntry } from './versions.js'
export type { WarmUp, WarmUpOptions } from './warm-up.js'
export type { Outcome } from './worker-rules.js'
export { wrapStore } from './wrap-store.js'
