import {
  type Clock,
  checkOptions,
  type Entry,
  GranaryError,
  type KeyedInfo,
  lifeOf,
  parseSize,
  refused,
  type Size,
  STORED,
  type Store,
  systemClock,
} from '@granary/core'
import { LRUCache } from 'lru-cache'
import { type Policy, READ_BY_POLICY } from './policy.js'
import { weightOf } from './weight.js'

export interface MemoryOptions {
  /**
   * Entries held at most: a whole number from 1 to 16,777,215; 10,000 by default. The room for them is taken at once,
   * 48 bytes each: a million costs 48 MB and 60 ms before the first entry.
   */
  readonly maxEntries?: number
  /**
   * Bytes held at most, as a number or a string such as `'64mb'` (the default). An estimate of what keys and values take,
   * rather too high than too low: ASCII text is counted at two bytes a character. An entry that alone is larger is
   * refused, and so is what the key held before.
   */
  readonly maxBytes?: Size
  /** Which entry makes room for a new one: `'lru'`, the one used longest ago (the default), or `'fifo'`, the one written longest ago. */
  readonly policy?: Policy
  /** What the layer is called in events and stats; `'memory'` by default. */
  readonly name?: string
  /** What `prune()` tells expired entries by; the system's time by default. */
  readonly clock?: Clock
}

const OPTIONS = ['maxEntries', 'maxBytes', 'policy', 'name', 'clock']

/** What one Map of V8 holds, less one. */
const MOST_ENTRIES = 2 ** 24 - 1

/**
 * The memory layer: entries in this process, bounded by number and by bytes, over lru-cache. It gives back the very
 * entry that was set, without a copy, and judges nothing: an expired entry stays until it is pruned or makes room.
 *
 * @throws GranaryError `INVALID_OPTION` for an option that is unknown or out of range
 */
export function memory(options: MemoryOptions = {}): Store<unknown> {
  checkOptions('memory', options, OPTIONS)
  const { name = 'memory', clock = systemClock(), policy = 'lru' } = options
  const maxSize = parseSize(options.maxBytes ?? '64mb', 'maxBytes')
  const cache = new LRUCache<string, Entry>({ max: entryLimit(options.maxEntries ?? 10_000), maxSize })

  return {
    name: layerName(name),
    local: true,
    get: readBy(policy)(cache),
    set(key, entry) {
      const size = weightOf(key, entry, maxSize)
      if (size > maxSize) {
        cache.delete(key)
        return refused('too-large')
      }
      cache.set(key, entry, { size })
      return STORED
    },
    delete: (key) => cache.delete(key),
    clear: () => cache.clear(),
    entries: () => infos(cache),
    prune() {
      const now = clock.now()
      const before = cache.size
      for (const key of [...cache.keys()]) {
        const entry = cache.peek(key)
        if (entry !== undefined && lifeOf(entry, now) === 'expired') cache.delete(key)
      }
      return before - cache.size
    },
    /** Every `set` keeps the limits, so nothing is ever left to remove. */
    evict: () => 0,
    stats: () => ({ entries: cache.size, bytes: cache.calculatedSize }),
    close: () => cache.clear(),
  }
}

/** Walks over the keys held when it begins, so that writes meanwhile neither repeat an entry nor end the walk. */
function* infos(cache: LRUCache<string, Entry>): Iterable<KeyedInfo> {
  for (const key of [...cache.keys()]) {
    const held = cache.info(key)
    if (held === undefined) continue
    const { namespace, tags, createdAt, freshUntil, staleUntil, computeMs, cost, since, rejection } = held.value
    const info = {
      key,
      namespace,
      tags,
      createdAt,
      freshUntil,
      staleUntil,
      computeMs,
      cost,
      since,
      size: held.size ?? 0,
    }
    yield rejection === undefined ? info : { ...info, rejection }
  }
}

function readBy(policy: Policy): (typeof READ_BY_POLICY)[Policy] {
  if (Object.hasOwn(READ_BY_POLICY, policy)) return READ_BY_POLICY[policy]
  throw invalid(`policy: ${String(policy)} is none of ${Object.keys(READ_BY_POLICY).join(', ')}`)
}

function entryLimit(entries: number): number {
  if (Number.isInteger(entries) && entries >= 1 && entries <= MOST_ENTRIES) return entries
  throw invalid(`maxEntries: ${String(entries)} is not a whole number from 1 to ${MOST_ENTRIES}`)
}

function layerName(name: string): string {
  if (typeof name === 'string' && name !== '') return name
  throw invalid(`name: ${String(name)} is not a name: give a string that is not empty`)
}

function invalid(message: string): GranaryError {
  return new GranaryError('INVALID_OPTION', message)
}
