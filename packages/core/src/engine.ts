import { type Awaitable, chain, isPromise } from './awaitable.js'
import type { Clock } from './clock.js'
import { Computation } from './computation.js'
import { digest } from './digest.js'
import { parseTtl } from './duration.js'
import { GranaryError } from './errors.js'
import { type KeyEvent, Listeners } from './events.js'
import { type EntryFacts, HeldEntry, hold, type Shape, type Values } from './held-entry.js'
import { acknowledgement, type Found, type LayeredStore, type LayerOutcomes, type Write } from './layered-store.js'
import type { Token } from './marks.js'
import type { Allowed } from './modes.js'
import type { Scope } from './scope.js'
import { Flight, SingleFlight } from './single-flight.js'
import type { Refusal } from './store.js'

/** One key of one namespace. */
export interface Address {
  readonly scope: Scope
  readonly key: string
  /** The key as stores know it. */
  readonly physical: string
}

/** How long an entry lives, in ms: its TTL, shortened at random by up to `jitter` of it. */
export interface Lifetime {
  readonly ttl: number
  readonly jitter: number
}

/** One value that is wanted, and how to come by it. */
export interface Request extends Address {
  readonly compute: (run: Computation) => unknown
  readonly allowed: Allowed
  readonly lifetime: Lifetime
  readonly tags: readonly string[]
  /** Deadline of the computation, in ms from its start. */
  readonly timeout: number
  readonly signal: AbortSignal | undefined
  readonly shape: Shape | undefined
}

/** A run of the engine for one key. It is about the request by which its result is kept. */
export type Running = Flight<HeldEntry, Request>

/**
 * What happens when a value is not in the nearest layer: one run per key reads the farther layers, computes on a miss,
 * and stores what it got unless it was overtaken.
 */
export class Engine {
  readonly store: LayeredStore
  readonly clock: Clock
  readonly listeners: Listeners = new Listeners()
  readonly flights: SingleFlight<HeldEntry, Request> = new SingleFlight()
  readonly failures: number[]
  closed = false
  readonly #writing = new Set<Promise<unknown>>()
  readonly #values: Values
  readonly #debug: boolean
  #closing: Promise<void> | undefined

  constructor(store: LayeredStore, clock: Clock, values: Values, debug: boolean) {
    this.store = store
    this.clock = clock
    this.#values = values
    this.#debug = debug
    this.failures = store.layers.map(() => 0)
    store.watch((layer, operation, error) => {
      this.failures[layer] = (this.failures[layer] ?? 0) + 1
      this.listeners.emit({ type: 'failure', layer: this.#layerName(layer), operation, error })
    })
  }

  /** The value of a request: read, or computed once for all who ask meanwhile; by `own` run, if the caller began one. */
  async obtain(request: Request, own?: Running): Promise<HeldEntry> {
    this.checkOpen()
    const { allowed, signal } = request
    signal?.throwIfAborted()
    if (!allowed.computes) return this.#cachedOnly(request)
    const { marks } = this.store
    for (let running = own; ; running = undefined) {
      const joined = marks.position
      const begun = running ?? this.#join(request) ?? this.#begin(request)
      if (begun instanceof HeldEntry) return begun
      const held = await begun.wait(signal)
      // Tags are known only at the end: a caller that came after one of them was invalidated must not have this value.
      if (held.since >= joined || !marks.invalidated(held.since, held)) return held
    }
  }

  /** The run under way that this request may wait for, if there is one. */
  joinable({ allowed, physical }: Request): Running | undefined {
    const running = this.flights.current(physical)
    if (running === undefined || allowed.reads) return running
    return allowed.stores && !running.about.allowed.reads ? running : undefined
  }

  /** Begins a run for a request, which others join unless the request bypasses the cache. */
  launch(request: Request, run: (running: Running) => Promise<HeldEntry>): Running {
    const { reads, stores } = request.allowed
    return reads || stores ? this.flights.start(request.physical, run, request) : Flight.alone(run, request)
  }

  /** Reads without computing; counts a hit or a miss. */
  async read(address: Address, shape?: Shape): Promise<Found | undefined> {
    this.checkOpen()
    const token = this.store.marks.begin(address.physical)
    try {
      const found = await this.store.read(token, shape)
      this.countRead(address, found)
      return found
    } finally {
      this.store.marks.end(token)
    }
  }

  /** As {@link Engine.read} for many, each layer asked once. */
  async readMany(addresses: readonly Address[], shape?: Shape): Promise<(Found | undefined)[]> {
    this.checkOpen()
    const tokens = addresses.map(({ physical }) => this.store.marks.begin(physical))
    try {
      const found = await this.store.readMany(tokens, shape)
      for (const [i, address] of addresses.entries()) this.countRead(address, found[i])
      return found
    } finally {
      for (const token of tokens) this.store.marks.end(token)
    }
  }

  notCached(): never {
    throw new GranaryError('NOT_CACHED', "nothing is cached for this key, and the mode is 'only-if-cached'")
  }

  checkOpen(): void {
    if (this.closed) throw new GranaryError('CLOSED', 'the cache was closed: make a new one with createCache()')
  }

  countRead(address: Address, found: Found | undefined): void {
    const { counters } = address.scope
    if (found === undefined) counters.count('misses')
    else counters.hit(found.layer, found.held.computeMs)
    if (!this.listeners.active) return
    if (found === undefined) this.listeners.emit({ type: 'miss', ...this.about(address) })
    else this.listeners.emit({ type: 'hit', layer: this.#layerName(found.layer), ...this.about(address) })
  }

  about({ scope, key, physical }: Address): KeyEvent {
    const about = { namespace: scope.path, keyDigest: digest(physical).slice(0, 16) }
    return this.#debug ? { ...about, key } : about
  }

  #join(request: Request): Running | undefined {
    const running = this.joinable(request)
    if (running?.starting) {
      throw new GranaryError(
        'CIRCULAR_COMPUTATION',
        'a computation asked for the key that it is computing: it would wait for itself',
      )
    }
    if (running !== undefined && request.allowed.stores) running.about = storing(running.about, request)
    return running
  }

  /** Begins with the reading; an entry that is there at once needs no run. */
  #begin(request: Request): Running | HeldEntry {
    const token = this.store.marks.begin(request.physical)
    const reading = request.allowed.reads ? this.store.read(token, request.shape) : undefined
    if (reading === undefined || isPromise(reading))
      return this.launch(request, (own) => this.#run(own, token, reading))
    this.store.marks.end(token)
    this.countRead(request, reading)
    return reading.held
  }

  async #run(running: Running, token: Token, reading: Promise<Found | undefined> | undefined): Promise<HeldEntry> {
    const request = running.about
    const disarm = this.clock.after(request.timeout, () => this.timeOut(running))
    running.whenSettled(() => {
      disarm()
      this.store.marks.end(token)
    })
    if (request.allowed.reads) {
      const found = reading === undefined ? undefined : await reading
      this.countRead(request, found)
      if (found !== undefined) return found.held
    } else if (request.allowed.stores) {
      await this.store.look([token])
    }
    if (running.abandoned) throw running.signal.reason
    const run = new Computation(request.tags, () => running.signal)
    const { value, ms } = await this.#compute(running, request, run)
    return this.#keep(running, run, token, value, ms)
  }

  async #compute(running: Running, request: Request, run: Computation): Promise<{ value: unknown; ms: number }> {
    const began = this.clock.now()
    try {
      running.starting = true
      const computing = request.compute(run)
      running.starting = false
      const value = await computing
      const ms = this.clock.now() - began
      this.countComputation(request, ms)
      return { value, ms }
    } catch (error) {
      running.starting = false
      this.countFailure(request, this.clock.now() - began)
      throw error
    }
  }

  /** Stores what was computed, unless there is a reason not to; the callers get it in any case. */
  #keep(running: Running, run: Computation, token: Token, value: unknown, ms: number): HeldEntry {
    const request = running.about
    const { held, reason } = this.toHold(request, run, token.since, value, ms)
    const refusal = reason ?? this.refusal(running, token, held)
    if (refusal !== undefined) this.refuse(request, refusal)
    else {
      const writing = this.store.write(request.physical, held, token)
      void this.track(chain(writing, (outcomes) => this.told(request, outcomes)))
    }
    return held
  }

  /** Stores what a batch has computed, each layer asked once. */
  storeAll(kept: readonly { readonly request: Request; readonly write: Write }[]): void {
    const writing = this.store.writeMany(kept.map(({ write }) => write))
    void this.track(
      chain(writing, (outcomes) => kept.forEach(({ request }, i) => void this.told(request, outcomes[i] ?? []))),
    )
  }

  /** The entry that a computation makes, and why it is not to be stored, if it is not. */
  toHold(
    request: Request,
    run: Computation,
    since: number,
    value: unknown,
    ms: number,
  ): { held: HeldEntry; reason?: Refusal } {
    const ttl = lifetimeOf(run.ttl, request.lifetime)
    const facts = this.facts(request, ttl ?? 0, run.tags, { computeMs: ms, cost: run.cost })
    const declined = !request.allowed.stores || !run.store ? 'declined' : ttl === undefined ? 'ttl' : undefined
    try {
      const held = hold(value, facts, since, this.#values, request.shape)
      return declined === undefined ? { held } : { held, reason: declined }
    } catch {
      return { held: new HeldEntry(value, facts, since, request.shape, true), reason: declined ?? 'unsupported-value' }
    }
  }

  /** Why what a run has computed may not be stored any more. */
  refusal(running: Running, token: Token, held: HeldEntry): Refusal | undefined {
    if (this.closed) return 'closed'
    return this.store.marks.refusal(token, held) ?? (running.current ? undefined : 'overtaken')
  }

  /** The metadata of an entry that is made now. */
  facts(
    address: Address,
    ttl: number,
    tags: readonly string[],
    spent: { computeMs: number; cost: number },
  ): EntryFacts {
    const createdAt = this.clock.now()
    const end = createdAt + ttl
    return { namespace: address.scope.path, tags, createdAt, freshUntil: end, staleUntil: end, since: 0, ...spent }
  }

  /** An entry for a value that a user sets. */
  holdSet(address: Address, value: unknown, lifetime: Lifetime, tags: readonly string[], cost = 0): HeldEntry {
    const facts = this.facts(address, jittered(lifetime), tags, { computeMs: 0, cost })
    return hold(value, facts, this.store.marks.position, this.#values)
  }

  /** Tells of what the layers made of a write; true if it is acknowledged. */
  told(address: Address, outcomes: LayerOutcomes): boolean {
    outcomes.forEach((outcome, i) => {
      if (!outcome.stored) this.refuse(address, outcome.reason, this.#layerName(i))
    })
    if (!acknowledgement(outcomes).stored) return false
    address.scope.counters.count('stores')
    if (this.listeners.active) this.listeners.emit({ type: 'store', ...this.about(address) })
    return true
  }

  refuse(address: Address, reason: Refusal, layer?: string): void {
    address.scope.counters.refused(reason)
    if (!this.listeners.active) return
    this.listeners.emit({ type: 'refuse', reason, ...(layer === undefined ? {} : { layer }), ...this.about(address) })
  }

  countComputation(address: Address, ms: number): void {
    address.scope.counters.computed(ms)
    if (this.listeners.active) this.listeners.emit({ type: 'compute', ms, ...this.about(address) })
  }

  countFailure(address: Address, ms: number): void {
    address.scope.counters.count('computeFailures')
    if (this.listeners.active) this.listeners.emit({ type: 'compute-failure', ms, ...this.about(address) })
  }

  /** Remembers a write under way, for `close()` to wait for. */
  track<T>(writing: Awaitable<T>): Awaitable<T> {
    if (!isPromise(writing)) return writing
    const done = () => void this.#writing.delete(writing)
    this.#writing.add(writing)
    writing.then(done, done)
    return writing
  }

  /** Waits for what is being written, then closes the stores. */
  close(): Promise<void> {
    this.closed = true
    this.store.end()
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    while (this.#writing.size > 0) await Promise.allSettled(this.#writing)
    await this.store.upkeep.close()
  }

  async #cachedOnly(request: Request): Promise<HeldEntry> {
    const found = await this.read(request, request.shape)
    return found?.held ?? this.notCached()
  }

  /** Ends the wait for a run that went past its deadline: the next caller computes. */
  timeOut(running: Running): void {
    const request = running.about
    if (this.listeners.active) this.listeners.emit({ type: 'timeout', ...this.about(request) })
    running.fail(
      new GranaryError(
        'TIMEOUT',
        `a computation did not settle within ${request.timeout} ms (does it wait for its own key?): raise the option timeout if it needs longer`,
      ),
    )
  }

  #layerName(i: number): string {
    return this.store.layers[i]?.store.name ?? ''
  }
}

/** A run that was begun without storing keeps its result after all, the way that one who joined it asks for. */
function storing(begun: Request, joined: Request): Request {
  return begun.allowed.stores ? begun : { ...joined, compute: begun.compute }
}

/** The TTL in ms; `undefined` if the computation gave one of nothing. */
function lifetimeOf(own: Computation['ttl'], lifetime: Lifetime): number | undefined {
  if (own === undefined) return jittered(lifetime)
  try {
    return jittered({ ...lifetime, ttl: parseTtl(own) })
  } catch {
    return undefined
  }
}

function jittered({ ttl, jitter }: Lifetime): number {
  return jitter === 0 ? ttl : ttl * (1 - jitter * Math.random())
}
