export { type Canary, canary } from './canary.js'
export { type CodecSuiteOptions, codecSuite } from './codec-suite/codec-suite.js'
export { entryOf } from './entry.js'
export { FakeClock } from './fake-clock.js'
export { type FailOptions, type FaultyStore, faulty, type StoreMethod } from './faulty.js'
export {
  type HistoryState,
  type HistoryStore,
  type HistoryStoreOptions,
  historyState,
  historyStore,
} from './history-store.js'
export { type MapStoreOptions, mapStore } from './map-store.js'
export type { Runner } from './runner.js'
export { SAMPLE_VALUES } from './sample-values.js'
export { type StoreSuiteOptions, storeSuite } from './store-suite/store-suite.js'
