export { entryOf } from './entry.js'
export { FakeClock } from './fake-clock.js'
export { type FailOptions, type FaultyStore, faulty, type StoreMethod } from './faulty.js'
export { type MapStoreOptions, mapStore } from './map-store.js'
