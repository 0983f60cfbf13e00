/** What is known of an entry besides its value. Times are milliseconds since the Unix epoch; `Infinity` is forever. */
export interface EntryInfo {
  /** Path of the namespace that holds the key, as {@link namespacePath} writes it; `''` is the root. */
  readonly namespace: string
  readonly tags: readonly string[]
  readonly createdAt: number
  /** Fresh before this time. */
  readonly freshUntil: number
  /** Servable before this time, while it is refreshed or when computing fails; never before `freshUntil`. */
  readonly staleUntil: number
  /** How long the computation took, in milliseconds; 0 for a value that was set. */
  readonly computeMs: number
  /** What the computation cost, in a unit of the user's choice; 0 where none was given. */
  readonly cost: number
  /**
   * Position, in the history of the layer that holds the entry, at which its computation began. A mark above it on the
   * entry's namespace or on one of its tags makes the entry a miss. A layer with a history of its own writes it.
   */
  readonly since: number
  /** Kind of the error, in an entry that is a cached rejection and has no value; see `negativeTtl`. */
  readonly rejection?: string | undefined
}

/** A value and what is known of it. */
export interface Entry<V = unknown> extends EntryInfo {
  readonly value: V
}

/** An entry's key and metadata, without its value. */
export interface KeyedInfo extends EntryInfo {
  readonly key: string
  /** Bytes that the entry takes, where the store knows. */
  readonly size?: number
}

export type Life = 'fresh' | 'stale' | 'expired'

/** Where in its life an entry is: within its TTL, past it but servable, or gone. */
export function lifeOf(entry: EntryInfo, now: number): Life {
  if (now < entry.freshUntil) return 'fresh'
  return now < entry.staleUntil ? 'stale' : 'expired'
}
