import type { Entry } from '@granary/core'
import type { LRUCache } from 'lru-cache'

export type Entries = LRUCache<string, Entry>

/** Which entry makes room: the one used longest ago (`lru`), or the one written longest ago (`fifo`). */
export type Policy = 'lru' | 'fifo'

/** Given to each read: lru-cache would make an object of options for every one that has none. */
const PLAIN = {}

/** How each policy reads: evicted is always the head of one list, and what differs is whether a read moves its entry. */
export const READ_BY_POLICY: Record<Policy, (entries: Entries) => (key: string) => Entry | undefined> = {
  lru: (entries) => (key) => entries.get(key, PLAIN),
  fifo: (entries) => (key) => entries.peek(key),
}
