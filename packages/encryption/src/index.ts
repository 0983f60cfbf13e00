export { keyFromPassphrase, type PassphraseOptions } from './passphrase.js'
export { type SealOptions, seal } from './seal.js'
