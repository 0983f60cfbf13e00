import type { Chronicle } from './chronicle.js'
import type { Found } from './found.js'
import type { Fate } from './journal.js'
import { differingPaths, type Roots } from './key-parts.js'
import { namespaceNames, parsePhysicalKey } from './namespace.js'
import type { Mark, Refusal } from './store.js'

/**
 * Why a key is, or would be, a hit or a miss: `cause`, and in words `text`. Times are milliseconds since the Unix epoch.
 *
 * Besides what {@link Fate} lists: `fresh` and `stale` are hits, `rejected` is a rejection that is cached, `not-cached` is a
 * task that is not to be cached (`shouldCache`), and `unfit` an entry that does not fit the types of its worker any more.
 */
export interface Explanation {
  readonly outcome: 'hit' | 'stale' | 'miss'
  readonly cause: Exclude<Fate['cause'], 'kept'> | 'fresh' | 'stale' | 'rejected' | 'not-cached' | 'unfit'
  /** When it happened: when the entry was made, for a hit; when it went stale, for a stale one. */
  readonly at?: number
  /** Of `never-stored`: since when that is known. */
  readonly since?: number
  /** Of `refused`. */
  readonly reason?: Refusal
  /** Of `invalidated`: the tag, or the namespace. */
  readonly by?: Mark
  /** Of a hit: the layer that has the entry. */
  readonly layer?: string
  /** Of a miss of an input for which nothing is known to have been stored: the entry of the most alike input. */
  readonly nearest?: Nearest
  readonly text: string
}

/** The entry whose input is the most alike, of the newest ones whose parts are known. */
export interface Nearest {
  /** Its key, within its namespace. */
  readonly key: string
  /** Its version, where it is another worker version's. */
  readonly version?: string
  /** The parts that differ, by path: `['options.depth']`. */
  readonly differs: readonly string[]
}

type Facts = Omit<Explanation, 'text'>

export function explained(facts: Facts): Explanation {
  return { ...facts, text: describe(facts) }
}

export function explainHit({ held, isFresh }: Found, layer: string): Explanation {
  const { createdAt: at, rejection } = held
  if (rejection !== undefined) return explained({ outcome: 'hit', cause: 'rejected', at, layer })
  if (isFresh) return explained({ outcome: 'hit', cause: 'fresh', at, layer })
  return explained({ outcome: 'stale', cause: 'stale', at: held.freshUntil, layer })
}

export function explainMiss(fate: Fate): Explanation {
  if (fate.cause === 'kept') return explained({ outcome: 'miss', cause: 'unknown' })
  return explained({ outcome: 'miss', ...fate })
}

/** A miss, with the most alike of the inputs that have an entry, where that says more. */
export async function withNearest(
  miss: Explanation,
  chronicle: Chronicle,
  group: string,
  roots: Roots,
): Promise<Explanation> {
  if (miss.cause !== 'never-stored' && miss.cause !== 'unknown') return miss
  const records = await chronicle.parts(group)
  if (records === undefined) return miss
  const { secret, known } = records
  let nearest: Nearest | undefined
  for (const { key, digests } of known) {
    const differs = differingPaths(roots, digests, secret)
    if (differs.length === 0 || (nearest !== undefined && nearest.differs.length <= differs.length)) continue
    nearest = { ...named(key), differs }
  }
  return nearest === undefined ? miss : explained({ ...miss, nearest })
}

function named(physical: string): Pick<Nearest, 'key' | 'version'> {
  const { namespace, key } = parsePhysicalKey(physical)
  const name = namespaceNames(namespace).at(-1)
  return name?.startsWith('version:') ? { key, version: name.slice('version:'.length) } : { key }
}

function describe(facts: Facts): string {
  const { nearest } = facts
  const said = SENTENCES[facts.cause](facts)
  if (nearest === undefined) return said
  return `${said}; the nearest entry differs in ${nearest.differs.join(', ')}`
}

const SENTENCES: Record<Explanation['cause'], (facts: Facts) => string> = {
  fresh: ({ layer, at }) => `a hit: ${layer} has it, made at ${time(at)}`,
  stale: ({ layer, at }) =>
    `stale since ${time(at)}: ${layer} has it, for callers that take what is stale while it is refreshed, or when computing fails`,
  rejected: ({ at }) => `its computation failed at ${time(at)}, and the rejection is cached`,
  'never-stored': ({ since }) => `nothing was stored under this key since the records begin, ${time(since)}`,
  expired: ({ at }) => `expired at ${time(at)}`,
  evicted: ({ at }) => `evicted at ${time(at)}, to keep the limits of the store`,
  deleted: ({ at }) => `deleted at ${time(at)}`,
  invalidated: ({ at, by = { key: '' } }) => `invalidated at ${time(at)} by ${scopeIn(by)}`,
  refused: ({ at, reason }) => `not kept when it was computed at ${time(at)}: ${reason}`,
  failed: ({ at }) => `its computation failed at ${time(at)}`,
  'not-cached': () => 'this task is not to be cached: shouldCache says so',
  unfit: () => 'what is stored does not fit the types of the worker any more',
  unknown: () => 'unknown: there are no records of it',
}

function scopeIn(mark: Mark): string {
  if ('tag' in mark) return `the tag ${mark.tag}`
  if ('key' in mark) return 'its key'
  return mark.namespace === '' ? 'clearing the whole cache' : `clearing ${namespaceNames(mark.namespace).join(' / ')}`
}

function time(at = 0): string {
  return Number.isFinite(at) ? new Date(at).toISOString() : 'never'
}
