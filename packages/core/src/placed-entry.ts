import type { Entry } from './entry.js'
import { type HeldEntry, valueIn } from './held-entry.js'
import type { Position, Store } from './store.js'

/**
 * An entry as a store is given it: a local store keeps the very object, others get a plain one with the value in stored
 * form. It lives no longer than the store lets it.
 *
 * @param since the store's position when the computation began, where it has a history and there was one
 * @throws what the value's shape throws if it cannot be stored
 */
export function placedIn(store: Store, held: HeldEntry, since: Position | undefined, now: number): Entry {
  const entry = store.local ? held : plainEntry(held, since, store.invalidate !== undefined)
  const longest = store.policy?.longestLife
  return longest === undefined ? entry : capped(entry, now + longest)
}

function plainEntry(held: HeldEntry, since: Position | undefined, hasHistory: boolean): Entry {
  const { namespace, tags, createdAt, freshUntil, staleUntil, computeMs, cost } = held
  return {
    value: valueIn(held),
    namespace,
    tags,
    createdAt,
    freshUntil,
    staleUntil,
    computeMs,
    cost,
    since: typeof since === 'number' ? since : hasHistory ? 0 : held.since,
  }
}

/** The entry, with no life after `end`. It keeps its class: a local store gives it back as it is. */
function capped(entry: Entry, end: number): Entry {
  if (entry.staleUntil <= end) return entry
  const life = { freshUntil: Math.min(entry.freshUntil, end), staleUntil: end }
  return Object.assign(Object.create(Object.getPrototypeOf(entry)), entry, life)
}

/** An entry that seems to come from the future was written by a host whose clock is ahead: it may live its TTL, no longer. */
export function withinLife(entry: Entry, now: number): Entry {
  const ahead = entry.createdAt - now
  if (ahead <= 0) return entry
  const { createdAt, freshUntil, staleUntil } = entry
  return { ...entry, createdAt: createdAt - ahead, freshUntil: freshUntil - ahead, staleUntil: staleUntil - ahead }
}
