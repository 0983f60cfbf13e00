export { type Clock, systemClock, type TimeSource } from './clock.js'
export type { Codec, CodecStage, Decoded } from './codec.js'
export { type Duration, parseDuration, parseTtl, type Ttl } from './duration.js'
export { type Entry, type EntryInfo, type KeyedInfo, type Life, lifeOf } from './entry.js'
export { GranaryError, type GranaryErrorCode } from './errors.js'
export { namespaceLineage, namespaceNames, namespacePath, parsePhysicalKey, physicalKey } from './namespace.js'
export { parseSize, type Size } from './size.js'
export {
  type Awaitable,
  type Look,
  type Mark,
  type Position,
  type Refusal,
  refused,
  type SetItem,
  type SetOutcome,
  STORED,
  type Store,
  type StoreFailure,
  type StoreOperation,
  type StoreStats,
} from './store.js'
