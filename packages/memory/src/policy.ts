import type { Entry } from '@granary/core'

/** What is read from. Not lru-cache's own type: that would ask the users of this package for the types of Node. */
interface Entries {
  get(key: string, options: object): Entry | undefined
  peek(key: string): Entry | undefined
}

/** Which entry makes room: the one used longest ago (`lru`), or the one written longest ago (`fifo`). */
export type Policy = 'lru' | 'fifo'

/** Given to each read: lru-cache would make an object of options for every one that has none. */
const PLAIN = {}

/** How each policy reads: evicted is always the head of one list, and what differs is whether a read moves its entry. */
export const READ_BY_POLICY: Record<Policy, (entries: Entries) => (key: string) => Entry | undefined> = {
  lru: (entries) => (key) => entries.get(key, PLAIN),
  fifo: (entries) => (key) => entries.peek(key),
}
