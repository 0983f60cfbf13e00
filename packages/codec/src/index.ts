export { encoded } from './encoded.js'
export { rawLength } from './envelope.js'
export type { Stage } from './stages.js'
export { standardCodec } from './standard-codec.js'
