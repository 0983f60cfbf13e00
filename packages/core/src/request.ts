import type { Computation } from './computation.js'
import type { Lifetime } from './entry-maker.js'
import type { Found } from './found.js'
import type { Freshness } from './freshness.js'
import type { HeldEntry, Shape } from './held-entry.js'
import type { Allowed } from './modes.js'
import type { Address } from './scope.js'
import type { Flight } from './single-flight.js'

/** One value that is wanted, and how to come by it. */
export interface Request extends Address {
  readonly compute: (run: Computation) => unknown
  readonly allowed: Allowed
  readonly lifetime: Lifetime
  readonly freshness: Freshness
  /** Drawn once for the request, from 0 to 1: what it decides does not change from layer to layer. */
  readonly chance: number
  readonly tags: readonly string[]
  /** Deadline of the computation, in ms from its start. */
  readonly timeout: number
  readonly signal: AbortSignal | undefined
  readonly shape: Shape | undefined
  /** Told of the `compute` that this request waits for, if that is another's. */
  readonly onJoin: ((compute: unknown) => void) | undefined
}

/** What a run of the engine is about. */
export interface Pursuit {
  /** By which the result is kept. */
  request: Request
  /** What was there when the run began: callers may be served it while the run goes on, as far as their freshness allows. */
  found: Found | Promise<Found | undefined> | undefined
  /** When the computation began; `undefined` as long as it has not. */
  began: number | undefined
}

/** A run of the engine for one key. */
export type Running = Flight<HeldEntry, Pursuit>
