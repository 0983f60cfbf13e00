export { GranaryCache, type GranaryCacheOptions } from './granary-cache.js'
