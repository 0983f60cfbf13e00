import type { Clock } from './clock.js'
import type { Computation } from './computation.js'
import { parseTtl } from './duration.js'
import { formComputed, HeldEntry, hold, holdRejection, type Shape, type Values } from './held-entry.js'
import { kindOf } from './negative-ttl.js'
import type { Refusal } from './store.js'

/** How long an entry lives, in ms: its TTL, shortened at random by up to `jitter` of it, and the grace after that. */
export interface Lifetime {
  readonly ttl: number
  readonly jitter: number
  readonly grace: number
}

const NO_GRACE = { grace: 0 }

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
    const facts = { namespace, tags, computeMs: 0, cost: 0, since, ...this.#life(jittered(lifetime), lifetime) }
    return hold(value, facts, since, this.#values)
  }

  /** The entry of a value that was computed. @throws GranaryError `INVALID_VALUE` if it does not fit its schema */
  ofResult({ namespace, value, run, ms, since, lifetime, stores, shape }: Result): Made {
    const ttl = ttlOf(run, lifetime)
    const facts = { namespace, tags: run.tags, computeMs: ms, cost: run.cost, since, ...this.#life(ttl ?? 0, lifetime) }
    const reason = refusalOf(run, stores, ttl)
    const formed = formComputed(value, shape)
    try {
      return { held: hold(formed.value, facts, since, this.#values, shape, formed.stored), reason }
    } catch {
      return { held: new HeldEntry(formed.value, facts, since, shape, true), reason: reason ?? 'unsupported-value' }
    }
  }

  /** The entry of a value that holds still, by what the computation found: its times begin anew. */
  ofRenewal(
    old: HeldEntry,
    { run, since, lifetime, stores }: Pick<Result, 'run' | 'since' | 'lifetime' | 'stores'>,
  ): Made {
    const { namespace, computeMs, cost, value, shape, shareable, stored } = old
    const ttl = ttlOf(run, lifetime)
    const tags = [...new Set([...old.tags, ...run.tags])]
    const facts = { namespace, tags, computeMs, cost, since, ...this.#life(ttl ?? 0, lifetime) }
    return { held: new HeldEntry(value, facts, since, shape, shareable, stored), reason: refusalOf(run, stores, ttl) }
  }

  /** The entry of a rejection, which is never served past its TTL. */
  ofRejection(error: unknown, { namespace, run, ms, since }: Omit<Result, 'value'>, ttl: number): HeldEntry {
    const facts = { namespace, tags: run.tags, computeMs: ms, cost: run.cost, since, rejection: kindOf(error) }
    return holdRejection(error, { ...facts, ...this.#life(ttl, NO_GRACE) }, since)
  }

  #life(
    ttl: number,
    { grace }: Pick<Lifetime, 'grace'>,
  ): { createdAt: number; freshUntil: number; staleUntil: number } {
    const createdAt = this.#clock.now()
    const freshUntil = createdAt + ttl
    return { createdAt, freshUntil, staleUntil: freshUntil + grace }
  }
}

function refusalOf(run: Computation, stores: boolean, ttl: number | undefined): Refusal | undefined {
  if (!stores || !run.store) return 'declined'
  return ttl === undefined ? 'ttl' : undefined
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

function jittered({ ttl, jitter }: Pick<Lifetime, 'ttl' | 'jitter'>): number {
  return jitter === 0 ? ttl : ttl * (1 - jitter * Math.random())
}
