import { isPromise } from './awaitable.js'
import type { Backoff } from './backoff.js'
import type { Clock } from './clock.js'
import { GranaryError } from './errors.js'
import type { Found, Wanted } from './found.js'
import type { HeldEntry } from './held-entry.js'
import type { Computed, Keeper } from './keeper.js'
import type { LayeredStore } from './layered-store.js'
import { Leases, type Release } from './leases.js'
import type { Token } from './marks.js'
import type { Reporter } from './reporter.js'
import type { Request, Running } from './request.js'
import { answers, computationOf, type Serving } from './serving.js'

/** A run, where the history stood when it began, and what its computation is given. */
type Own = Pick<Computed, 'running' | 'token' | 'run'>

/**
 * How a run of a key goes: it reads, waits for the right to compute, computes, and keeps what came of it. What it finds stale
 * on its way is at hand for the callers who may have it.
 */
export class Runner {
  readonly #store: LayeredStore
  readonly #clock: Clock
  readonly #reporter: Reporter
  readonly #keeper: Keeper
  readonly #serving: Serving
  readonly #backoff: Backoff
  readonly #leases: Leases

  constructor(
    store: LayeredStore,
    clock: Clock,
    reporter: Reporter,
    keeper: Keeper,
    serving: Serving,
    backoff: Backoff,
  ) {
    this.#store = store
    this.#clock = clock
    this.#reporter = reporter
    this.#keeper = keeper
    this.#serving = serving
    this.#backoff = backoff
    this.#leases = new Leases(store.layers, clock)
  }

  /** What is looked for in the layers so that this request needs no computation. */
  wanted(request: Request): Wanted {
    const now = this.#clock.now()
    const heldBack = this.#backoff.holds(request.physical, now)
    return (found) => answers(found, request, heldBack, now)
  }

  async run(running: Running, token: Token, wanted?: Wanted): Promise<HeldEntry> {
    const { about } = running
    const { request } = about
    const own = { running, token, run: computationOf(running) }
    const disarm = this.#clock.after(request.timeout, () => this.timeOut(own))
    running.whenSettled(() => {
      disarm()
      this.#store.marks.end(token)
    })
    if (wanted === undefined) {
      token.replaces = true
      if (request.allowed.stores) await this.#store.look([token])
      return this.#compute(own)
    }
    const found = isPromise(about.found) ? await about.found : about.found
    about.found = found
    if (this.answers(request, found, wanted)) return found.held
    // From now on callers may have what is stale.
    about.began = this.#clock.now()
    const claimed = request.allowed.stores && this.#leases.exist ? await this.#claim(own) : undefined
    if (typeof claimed === 'object') return claimed.held
    this.misses(request, found)
    // Once the run has an outcome, also one that was given to it from outside: what it computes later is not stored.
    if (claimed !== undefined) running.whenSettled(claimed)
    return this.#compute(own)
  }

  /** Waits for the right to compute, or for what another process has computed meanwhile. */
  #claim({ running, token }: Own): Promise<Found | Release> {
    const { about } = running
    return this.#leases.claim(token, running.signal, async () => {
      this.#store.marks.restart(token)
      const wanted = this.wanted(about.request)
      const found = await this.#store.readAny(token, about.request.shape, wanted)
      if (!this.answers(about.request, found, wanted)) return undefined
      about.found = found
      return found
    })
  }

  /** Does what was found answer the request? Then it is counted; what is stale is, for each caller that is served it. */
  answers(request: Request, found: Found | undefined, wanted: Wanted): found is Found {
    if (found === undefined || !wanted(found)) return false
    if (found.isFresh) this.#reporter.answered(request, found)
    return true
  }

  /** Counts that a computation is needed, of what is not there or is to be refreshed. */
  misses(request: Request, found: Found | undefined): void {
    if (found === undefined || !this.#serving.mayAtOnce(request, found)) this.#reporter.read(request, undefined)
    else if (found.isFresh) this.#reporter.answered(request, found)
    if (found !== undefined) this.#reporter.refreshing(request)
  }

  /** Computes, and keeps what came of it: here the computation of every single key begins. */
  async #compute(own: Own): Promise<HeldEntry> {
    const { running, run } = own
    if (running.abandoned) throw running.signal.reason
    const { about } = running
    const began = this.#clock.now()
    about.began = began
    try {
      running.starting = true
      const computing = about.request.compute(run)
      running.starting = false
      const value = await computing
      const ms = this.#clock.now() - began
      if (run.replayed) this.#reporter.replayed(about.request)
      else this.#reporter.computed(about.request, ms)
      return await this.#keeper.keep({ ...own, value, ms })
    } catch (error) {
      running.starting = false
      this.failed(own, error)
      throw error
    }
  }

  /** A computation has rejected. */
  failed(own: Own, error: unknown): void {
    const { running } = own
    const now = this.#clock.now()
    const ms = now - (running.about.began ?? now)
    this.#reporter.failed(running.about.request, ms)
    if (!running.abandoned) this.#keeper.failed({ ...own, ms }, error, now)
  }

  /** Ends the wait for a run that went past its deadline: the next caller computes. */
  timeOut(own: Own): void {
    const { running } = own
    const { request, began } = running.about
    this.#reporter.timedOut(request)
    const error = new GranaryError(
      'TIMEOUT',
      `a computation did not settle within ${request.timeout} ms (does it wait for its own key?): raise the option timeout if it needs longer`,
    )
    const now = this.#clock.now()
    this.#keeper.failed({ ...own, ms: now - (began ?? now) }, error, now)
    running.fail(error)
  }
}
