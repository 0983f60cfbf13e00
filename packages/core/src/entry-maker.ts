import type { Clock } from './clock.js'
import type { Computation } from './computation.js'
import { parseTtl } from './duration.js'
import { HeldEntry, hold, type Shape, type Values } from './held-entry.js'
import type { Refusal } from './store.js'

/** How long an entry lives, in ms: its TTL, shortened at random by up to `jitter` of it. */
export interface Lifetime {
  readonly ttl: number
  readonly jitter: number
}

/** A value that was computed, and how it is to be kept. */
export interface Result {
  readonly namespace: string
  readonly value: unknown
  readonly run: Computation
  readonly ms: number
  readonly since: number
  readonly lifetime: Lifetime
  readonly stores: boolean
  readonly shape: Shape | undefined
}

/** An entry, and why it is not to be stored, if it is not: its callers get it in any case. */
export interface Made {
  readonly held: HeldEntry
  readonly reason: Refusal | undefined
}

/** Makes entries of values. */
export class EntryMaker {
  readonly #clock: Clock
  readonly #values: Values

  constructor(clock: Clock, values: Values) {
    this.#clock = clock
    this.#values = values
  }

  /** The entry of a value that a user sets. @throws GranaryError `UNSUPPORTED_VALUE` */
  ofSet(namespace: string, value: unknown, since: number, lifetime: Lifetime, tags: readonly string[]): HeldEntry {
    const facts = { namespace, tags, computeMs: 0, cost: 0, since, ...this.#life(jittered(lifetime)) }
    return hold(value, facts, since, this.#values)
  }

  /** The entry of a value that was computed. */
  ofResult({ namespace, value, run, ms, since, lifetime, stores, shape }: Result): Made {
    const ttl = ttlOf(run, lifetime)
    const facts = { namespace, tags: run.tags, computeMs: ms, cost: run.cost, since, ...this.#life(ttl ?? 0) }
    const reason = !stores || !run.store ? 'declined' : ttl === undefined ? 'ttl' : undefined
    try {
      return { held: hold(value, facts, since, this.#values, shape), reason }
    } catch {
      return { held: new HeldEntry(value, facts, since, shape, true), reason: reason ?? 'unsupported-value' }
    }
  }

  #life(ttl: number): { createdAt: number; freshUntil: number; staleUntil: number } {
    const createdAt = this.#clock.now()
    return { createdAt, freshUntil: createdAt + ttl, staleUntil: createdAt + ttl }
  }
}

/** The TTL in ms; `undefined` if the computation gave one of nothing. */
function ttlOf(run: Computation, lifetime: Lifetime): number | undefined {
  if (run.ttl === undefined) return jittered(lifetime)
  try {
    return jittered({ ...lifetime, ttl: parseTtl(run.ttl) })
  } catch {
    return undefined
  }
}

function jittered({ ttl, jitter }: Lifetime): number {
  return jitter === 0 ? ttl : ttl * (1 - jitter * Math.random())
}
