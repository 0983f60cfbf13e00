import { GranaryError } from './errors.js'

/**
 * When an entry that is still fresh is refreshed in the background: from this part of its TTL on (0.8 is: in its last
 * fifth), or by chance, the likelier the nearer its end and the longer it took to compute (`{ beta: 1 }`; above 1 is
 * earlier, below it later).
 *
 * The latter is XFetch, optimal probabilistic early expiration: Vattani, Chierichetti, Lowenstein, "Optimal Probabilistic
 * Cache Stampede Prevention", VLDB 2015. With it, only one of many processes refreshes as a rule, without an agreement.
 */
export type EagerRefresh = number | { readonly beta: number }

/** What is asked of an entry; `ttlEnd` is when its TTL ends, also where a layer gives it a shorter life. */
interface Aging {
  readonly createdAt: number
  readonly ttlEnd: number
  readonly computeMs: number
}

/** The largest that `-Math.log(Math.random())` can be, but for the 0 that it gives once in 2⁵³. */
const FARTHEST_DRAW = 37

/** Is the entry old enough for {@link isDue} to be asked? Cheap, and the same for everybody who asks at this time. */
export function mayBeDue({ createdAt, ttlEnd, computeMs }: Aging, eager: EagerRefresh, now: number): boolean {
  if (typeof eager === 'number') return now >= ttlEnd - (1 - eager) * (ttlEnd - createdAt)
  return now + computeMs * eager.beta * FARTHEST_DRAW >= ttlEnd
}

/**
 * Is it time to refresh an entry that is still fresh?
 *
 * @param chance drawn for the request, evenly from 0 to 1
 */
export function isDue(entry: Aging, eager: EagerRefresh, now: number, chance: number): boolean {
  if (typeof eager === 'number') return mayBeDue(entry, eager, now)
  return now - entry.computeMs * eager.beta * Math.log(chance) >= entry.ttlEnd
}

/** @throws GranaryError `INVALID_OPTION` */
export function checkEagerRefresh(eager: EagerRefresh): EagerRefresh {
  if (typeof eager === 'number' ? eager > 0 && eager <= 1 : eager?.beta > 0) return eager
  throw new GranaryError(
    'INVALID_OPTION',
    'eagerRefresh: give a part of the TTL above 0 (1 is: never), or { beta } with a number above 0',
  )
}
