import { isPromise } from './awaitable.js'
import type { Clock } from './clock.js'
import { CurrentComputation, type Stale } from './computation.js'
import { isDue } from './eager-refresh.js'
import type { Found } from './found.js'
import { graceOf, isWithin } from './freshness.js'
import { type HeldEntry, valueIn } from './held-entry.js'
import type { Marks } from './marks.js'
import type { Reporter } from './reporter.js'
import type { Request, Running } from './request.js'

/** The value that was there when a run began, or is in its store still, as far as that is known by now. */
export function oldOf({ about: { found } }: Running): Found | undefined {
  return found === undefined || isPromise(found) || found.held.rejection !== undefined ? undefined : found
}

/** What was stale when a run began, if the run has ended with nothing better. */
export function leftOver(running: Running, held: HeldEntry): Found | undefined {
  const old = oldOf(running)
  return old !== undefined && !old.isFresh && old.held === held ? old : undefined
}

/** What the computation of a run is given. */
export function computationOf(running: Running): CurrentComputation {
  const { request } = running.about
  const stale = (): Stale | undefined => {
    const old = oldOf(running)?.held
    if (old === undefined) return undefined
    const { namespace, tags, createdAt, freshUntil, staleUntil, computeMs, cost } = old
    const value = valueIn(old, request.shape)
    return { value, namespace, tags, createdAt, freshUntil, staleUntil, computeMs, cost }
  }
  return new CurrentComputation(request.tags, () => running.signal, stale)
}

/** Does what was found answer the request, so that nothing is computed? `heldBack`: a refresh of the key has failed lately. */
export function answers({ held, isFresh }: Found, request: Request, heldBack: boolean, now: number): boolean {
  const { freshness, allowed, chance } = request
  if (held.rejection !== undefined) return isFresh && freshness.negativeTtl !== undefined
  if (!isFresh) return heldBack && isWithin(graceOf(freshness), held, now)
  return heldBack || !allowed.stores || !isDue(held, freshness.eagerRefresh, now, chance)
}

/** Gives callers what was there before a run, as soon as their freshness allows it and as long as it does. */
export class Serving {
  readonly #clock: Clock
  readonly #marks: Marks
  readonly #reporter: Reporter

  constructor(clock: Clock, marks: Marks, reporter: Reporter) {
    this.#clock = clock
    this.#marks = marks
    this.#reporter = reporter
  }

  /** May this request have something else than the outcome of the run? */
  concerns(running: Running, { freshness }: Request): boolean {
    return graceOf(freshness) > 0 || running.about.request.freshness.eagerRefresh !== 1
  }

  /** May the request have what was found at once, while it is refreshed? */
  mayAtOnce(request: Request, found: Found): boolean {
    return this.may(found, request.allowed.stores ? request.freshness.whileRevalidate : 0)
  }

  /** What a caller gets that waits for a run: the outcome, or what was there before; `undefined` if it may have neither. */
  async from(running: Running, request: Request): Promise<HeldEntry | undefined> {
    const { freshness, signal } = request
    const outcome = running.wait(signal)
    outcome.catch(ignore)
    const { found } = running.about
    if (isPromise(found)) await Promise.race([found, outcome.then(ignore, ignore)])
    const old = oldOf(running)
    if (old === undefined) return outcome
    try {
      if (running.about.began !== undefined) {
        if (this.mayAtOnce(request, old)) return this.#leave(running, request, old, 'revalidating')
        const isLate = await this.#outlasts(running.about.began, request, old, outcome)
        if (isLate) return this.#leave(running, request, old, 'soft-timeout')
      }
      const held = await outcome
      if (leftOver(running, held) === undefined) return held
      if (!this.may(old, graceOf(freshness))) return undefined
      this.#reporter.stale(request, old, 'retry-after')
      return held
    } catch (error) {
      if (signal?.aborted || !this.may(old, freshness.ifError)) throw error
      this.#reporter.stale(request, old, 'error')
      return old.held
    }
  }

  /** May an entry be served that far past its TTL? */
  may({ held }: Found, window: number): boolean {
    const now = this.#clock.now()
    return (now < held.freshUntil || isWithin(window, held, now)) && !this.#marks.invalidated(held.since, held)
  }

  /** Waits for the outcome, or for the end of the caller's patience; true if that is first and something may be served. */
  async #outlasts(began: number, { freshness }: Request, old: Found, outcome: Promise<unknown>): Promise<boolean> {
    if (freshness.softTimeout === Number.POSITIVE_INFINITY) return false
    const left = began + freshness.softTimeout - this.#clock.now()
    if (left > 0 && !(await this.#passes(left, outcome))) return false
    return this.may(old, graceOf(freshness))
  }

  /** Does this time pass before the outcome is there? */
  async #passes(ms: number, outcome: Promise<unknown>): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>()
    const disarm = this.#clock.after(ms, () => resolve(true))
    const settled = () => resolve(false)
    outcome.then(settled, settled)
    try {
      return await promise
    } finally {
      disarm()
    }
  }

  /** Answers the caller and lets the run go on in the background. */
  #leave(running: Running, request: Request, old: Found, reason: 'revalidating' | 'soft-timeout'): HeldEntry {
    running.keep()
    request.freshness.waitUntil?.(running.settled)
    if (!old.isFresh) this.#reporter.stale(request, old, reason)
    return old.held
  }
}

function ignore(): undefined {}
