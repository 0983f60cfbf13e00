export type { ByteStore, StoredBytes } from './byte-store.js'
export { encoded } from './encoded.js'
export { rawLength } from './envelope.js'
export { standardCodec } from './standard-codec.js'
