export { type CompressOptions, compress } from './compress.js'
