import { type Awaitable, chain, isPromise } from './awaitable.js'
import type { Clock } from './clock.js'
import { type Computation, CurrentComputation } from './computation.js'
import { EntryMaker, type Lifetime, type Made } from './entry-maker.js'
import { GranaryError } from './errors.js'
import { HeldEntry, type Shape, type Values } from './held-entry.js'
import type { Found, LayeredStore, Write } from './layered-store.js'
import { Leases, type Release } from './leases.js'
import type { Token } from './marks.js'
import type { Allowed } from './modes.js'
import { parsePhysicalKey } from './namespace.js'
import { Reporter } from './reporter.js'
import type { Address } from './scope.js'
import { Flight, SingleFlight } from './single-flight.js'
import type { Mark, Refusal } from './store.js'

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
  /** Told of the `compute` that this request waits for, if that is another's. */
  readonly onJoin: ((compute: unknown) => void) | undefined
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
  readonly reporter: Reporter
  readonly maker: EntryMaker
  readonly leases: Leases
  readonly flights: SingleFlight<HeldEntry, Request> = new SingleFlight()
  closed = false
  readonly #writing = new Set<Promise<unknown>>()
  #closing: Promise<void> | undefined

  constructor(store: LayeredStore, clock: Clock, values: Values, debug: boolean) {
    this.store = store
    this.clock = clock
    this.reporter = new Reporter(store, debug)
    this.maker = new EntryMaker(clock, values)
    this.leases = new Leases(store.layers, clock)
    store.agreement.tell((layer, marks, isGap) => {
      this.detach(marks)
      if (isGap) this.reporter.missedNews(layer)
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
  joinable({ allowed, physical, shape }: Request): Running | undefined {
    const running = this.flights.current(physical)
    if (running === undefined || running.about.shape !== shape) return undefined
    if (allowed.reads) return running
    return allowed.stores && !running.about.allowed.reads ? running : undefined
  }

  /** Begins a run for a request, which others join unless the request bypasses the cache. */
  launch(request: Request, run: (running: Running) => Promise<HeldEntry>): Running {
    const { reads, stores } = request.allowed
    const current = this.flights.current(request.physical)
    // A value in another form is of no use to those who wait for this one, nor theirs to it: the two run side by side.
    if (current !== undefined && current.about.shape !== request.shape) return Flight.alone(run, request)
    return reads || stores ? this.flights.start(request.physical, run, request) : Flight.alone(run, request)
  }

  /** Lets go of the runs that these marks overtake. Those that have a tag are told apart only at their end. */
  detach(marks: readonly Mark[]): void {
    for (const mark of marks) {
      if ('key' in mark) this.flights.detach(mark.key)
      else if ('namespace' in mark)
        this.flights.detachWhere((physical) => parsePhysicalKey(physical).namespace.startsWith(mark.namespace))
    }
  }

  /** Reads without computing; counts a hit or a miss. */
  async read(address: Address, shape?: Shape): Promise<Found | undefined> {
    this.checkOpen()
    const token = this.store.marks.begin(address.physical)
    try {
      const found = await this.store.read(token, shape)
      this.reporter.read(address, found)
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
      for (const [i, address] of addresses.entries()) this.reporter.read(address, found[i])
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

  #join(request: Request): Running | undefined {
    const running = this.joinable(request)
    if (running?.starting) {
      throw new GranaryError(
        'CIRCULAR_COMPUTATION',
        'a computation asked for the key that it is computing: it would wait for itself; compute it from another key',
      )
    }
    if (running === undefined) return undefined
    if (request.allowed.stores) running.about = storing(running.about, request)
    request.onJoin?.(running.about.compute)
    return running
  }

  /** Begins with the reading; an entry that is there at once needs no run. */
  #begin(request: Request): Running | HeldEntry {
    const token = this.store.marks.begin(request.physical)
    const reading = request.allowed.reads ? this.store.read(token, request.shape) : undefined
    if (reading === undefined || isPromise(reading))
      return this.launch(request, (own) => this.#run(own, token, reading))
    this.store.marks.end(token)
    this.reporter.read(request, reading)
    return reading.held
  }

  async #run(running: Running, token: Token, reading: Promise<Found | undefined> | undefined): Promise<HeldEntry> {
    const request = running.about
    const disarm = this.clock.after(request.timeout, () => this.timeOut(running))
    running.whenSettled(() => {
      disarm()
      this.store.marks.end(token)
    })
    if (!request.allowed.reads) {
      if (request.allowed.stores) await this.store.look([token])
      return this.#computeAndKeep(running, token)
    }
    const found = reading === undefined ? undefined : await reading
    const claimed = found ?? (this.#mayClaim(request) ? await this.#claim(running, token) : undefined)
    if (typeof claimed === 'object') {
      this.reporter.read(request, claimed)
      return claimed.held
    }
    this.reporter.read(request, undefined)
    try {
      return await this.#computeAndKeep(running, token)
    } finally {
      // After the write, in the order of calls: who waits for the right to compute finds what was stored.
      claimed?.()
    }
  }

  #mayClaim({ allowed }: Request): boolean {
    return allowed.stores && this.leases.exist
  }

  /** Waits for the right to compute, or for what another process has computed meanwhile. */
  #claim(running: Running, token: Token): Promise<Found | Release> {
    return this.leases.claim(token, running.signal, async () => {
      this.store.marks.restart(token)
      return this.store.read(token, running.about.shape)
    })
  }

  async #computeAndKeep(running: Running, token: Token): Promise<HeldEntry> {
    if (running.abandoned) throw running.signal.reason
    const request = running.about
    const run = new CurrentComputation(request.tags, () => running.signal)
    const { value, ms } = await this.#compute(running, request, run)
    return this.#keep(running, run, token, value, ms)
  }

  async #compute(running: Running, request: Request, run: CurrentComputation): Promise<{ value: unknown; ms: number }> {
    const began = this.clock.now()
    try {
      running.starting = true
      const computing = request.compute(run)
      running.starting = false
      const value = await computing
      const ms = this.clock.now() - began
      if (run.replayed) this.reporter.replayed(request)
      else this.reporter.computed(request, ms)
      return { value, ms }
    } catch (error) {
      running.starting = false
      this.reporter.failed(request, this.clock.now() - began)
      throw error
    }
  }

  /** Stores what was computed, unless there is a reason not to; the callers get it in any case. */
  #keep(running: Running, run: CurrentComputation, token: Token, value: unknown, ms: number): Awaitable<HeldEntry> {
    const { held, reason } = this.make(running, run, token, value, ms)
    if (run.replayed) return held
    if (reason !== undefined) {
      this.reporter.refused(running.about, reason)
      return held
    }
    if (run.save === undefined) {
      void this.track(this.#write(running.about, held, token))
      return held
    }
    const saving = run.save((saved) => this.#keepAs(running, run, token, saved, ms))
    return chain(this.track(saving), () => held)
  }

  #keepAs(running: Running, run: Computation, token: Token, value: unknown, ms: number): Awaitable<boolean> {
    const { held, reason } = this.make(running, run, token, value, ms)
    if (reason === undefined) return this.track(this.#write(running.about, held, token))
    this.reporter.refused(running.about, reason)
    return false
  }

  #write(request: Request, held: HeldEntry, token: Token): Awaitable<boolean> {
    const writing = this.store.write(request.physical, held, token)
    return chain(writing, (outcomes) => this.reporter.written(request, outcomes))
  }

  /** Stores what a batch has computed, each layer asked once. */
  storeAll(kept: readonly { readonly request: Request; readonly write: Write }[]): void {
    const writing = this.store.writeMany(kept.map(({ write }) => write))
    void this.track(
      chain(writing, (outcomes) =>
        kept.forEach(({ request }, i) => void this.reporter.written(request, outcomes[i] ?? [])),
      ),
    )
  }

  /** The entry of what a run has computed, and why it may not be stored (any more), if it may not. */
  make(running: Running, run: Computation, token: Token, value: unknown, ms: number): Made {
    const { scope, lifetime, allowed, shape, tags } = running.about
    // Those of one who joined and asked for the value to be stored.
    run.tag(...tags)
    const { since } = token
    const result = { namespace: scope.path, value, run, ms, since, lifetime, stores: allowed.stores, shape }
    const { held, reason } = this.maker.ofResult(result)
    return { held, reason: reason ?? this.#refusal(running, token, held) }
  }

  #refusal(running: Running, token: Token, held: HeldEntry): Refusal | undefined {
    if (this.closed) return 'closed'
    return this.store.marks.refusal(token, held) ?? (running.current ? undefined : 'overtaken')
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
    await this.store.close()
  }

  async #cachedOnly(request: Request): Promise<HeldEntry> {
    const found = await Flight.alone(() => this.read(request, request.shape)).wait(request.signal)
    return found?.held ?? this.notCached()
  }

  /** Ends the wait for a run that went past its deadline: the next caller computes. */
  timeOut(running: Running): void {
    const request = running.about
    this.reporter.timedOut(request)
    running.fail(
      new GranaryError(
        'TIMEOUT',
        `a computation did not settle within ${request.timeout} ms (does it wait for its own key?): raise the option timeout if it needs longer`,
      ),
    )
  }
}

/** A run that was begun without storing keeps its result after all, the way that one who joined it asks for. */
function storing(begun: Request, joined: Request): Request {
  return begun.allowed.stores ? begun : { ...joined, compute: begun.compute }
}
