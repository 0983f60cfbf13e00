export { type MemoryOptions, memory } from './memory.js'
export type { Policy } from './policy.js'
