import { isPromise } from './awaitable.js'
import { Backoff } from './backoff.js'
import type { Clock } from './clock.js'
import { EntryMaker } from './entry-maker.js'
import { GranaryError } from './errors.js'
import { type Found, ifFresh } from './found.js'
import { HeldEntry, type Shape, type Values } from './held-entry.js'
import { Keeper } from './keeper.js'
import type { LayeredStore } from './layered-store.js'
import { parsePhysicalKey } from './namespace.js'
import { Reporter } from './reporter.js'
import type { Pursuit, Request, Running } from './request.js'
import { Runner } from './runner.js'
import { Savings } from './savings.js'
import type { Address } from './scope.js'
import { leftOver, Serving } from './serving.js'
import { Flight, SingleFlight } from './single-flight.js'
import type { Mark } from './store.js'
import { Writes } from './writes.js'

/**
 * What happens when a value is not in the nearest layer, or is to be refreshed: one run per key reads the farther layers,
 * computes where nothing answers, and stores what it got unless it was overtaken.
 */
export class Engine {
  readonly store: LayeredStore
  readonly clock: Clock
  readonly reporter: Reporter
  readonly savings: Savings
  readonly maker: EntryMaker
  readonly runner: Runner
  readonly flights: SingleFlight<HeldEntry, Pursuit> = new SingleFlight()
  readonly writes: Writes = new Writes()
  readonly keeper: Keeper
  readonly #serving: Serving
  #closing: Promise<void> | undefined

  constructor(store: LayeredStore, clock: Clock, values: Values, debug: boolean) {
    this.store = store
    this.clock = clock
    this.savings = new Savings(store.layers, clock)
    this.reporter = new Reporter(store, clock, debug, this.savings)
    this.maker = new EntryMaker(clock, values)
    const backoff = new Backoff()
    this.keeper = new Keeper(store, this.maker, this.reporter, this.writes, backoff)
    this.#serving = new Serving(clock, store.marks, this.reporter)
    this.runner = new Runner(store, clock, this.reporter, this.keeper, this.#serving, backoff)
    store.agreement.tell((layer, marks, isGap) => {
      this.detach(marks)
      if (isGap) this.reporter.missedNews(layer)
    })
  }

  /**
   * The value of a request: read, or computed once for all who ask meanwhile; by `own` run, if the caller began one.
   *
   * @throws the error of a rejection that is cached, where the request asks for that
   */
  async obtain(request: Request, own?: Running): Promise<HeldEntry> {
    this.checkOpen()
    const { allowed, signal } = request
    signal?.throwIfAborted()
    if (!allowed.computes) return this.#cachedOnly(request)
    const { marks } = this.store
    for (let running = own; ; running = undefined) {
      const joined = marks.position
      const begun = running ?? this.#join(request) ?? this.#begin(request)
      if (begun instanceof HeldEntry) return orThrow(begun)
      const mayHaveOld = this.#serving.concerns(begun, request)
      const held = await (mayHaveOld ? this.#serving.from(begun, request) : begun.wait(signal))
      // A run may end with what others may have, and this caller may not: something stale, or a cached rejection.
      if (held === undefined || (!mayHaveOld && leftOver(begun, held) !== undefined)) continue
      if (held.rejection !== undefined && request.freshness.negativeTtl === undefined) continue
      // Tags are known only at the end: a caller that came after one of them was invalidated must not have this value.
      if (held.since >= joined || !marks.invalidated(held.since, held)) return orThrow(held)
    }
  }

  /** The run under way that this request may wait for, if there is one. */
  joinable({ allowed, physical, shape }: Request): Running | undefined {
    const running = this.flights.current(physical)
    if (running === undefined) return undefined
    const begun = running.about.request
    if (begun.shape !== shape) return undefined
    if (allowed.reads) return running
    return allowed.stores && !begun.allowed.reads ? running : undefined
  }

  /** Begins a run for a request, which others join unless the request bypasses the cache. */
  launch(request: Request, found: Pursuit['found'], run: (running: Running) => Promise<HeldEntry>): Running {
    const { reads, stores } = request.allowed
    const about: Pursuit = { request, found, began: undefined }
    const current = this.flights.current(request.physical)
    // A value in another form is of no use to those who wait for this one, nor theirs to it: the two run side by side.
    if (current !== undefined && current.about.request.shape !== request.shape) return Flight.alone(run, about)
    return reads || stores ? this.flights.start(request.physical, run, about) : Flight.alone(run, about)
  }

  /** Lets go of the runs that these marks overtake. Those that have a tag are told apart only at their end. */
  detach(marks: readonly Mark[]): void {
    for (const mark of marks) {
      if ('key' in mark) this.flights.detach(mark.key)
      else if ('namespace' in mark)
        this.flights.detachWhere((physical) => parsePhysicalKey(physical).namespace.startsWith(mark.namespace))
    }
  }

  /** Reads a fresh value without computing; counts a hit or a miss. */
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
      const found = (await this.store.readMany(tokens, shape)).map(ifFresh)
      for (const [i, address] of addresses.entries()) this.reporter.read(address, found[i])
      return found
    } finally {
      for (const token of tokens) this.store.marks.end(token)
    }
  }

  checkOpen(): void {
    if (this.keeper.closed) throw new GranaryError('CLOSED', 'the cache was closed: make a new one with createCache()')
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
    const { about } = running
    if (request.allowed.stores) about.request = storing(about.request, request)
    request.onJoin?.(about.request.compute)
    return running
  }

  /** Begins with the reading; an entry that is there at once needs no run. */
  #begin(request: Request): Running | HeldEntry {
    const token = this.store.marks.begin(request.physical)
    if (!request.allowed.reads) return this.launch(request, undefined, (own) => this.runner.run(own, token))
    const wanted = this.runner.wanted(request)
    const reading = this.store.readAny(token, request.shape, wanted)
    if (isPromise(reading) || reading === undefined || !wanted(reading))
      return this.launch(request, reading, (own) => this.runner.run(own, token, wanted))
    this.store.marks.end(token)
    this.reporter.answered(request, reading)
    return reading.held
  }

  /** Waits for what is being written, then closes the stores. */
  close(): Promise<void> {
    this.keeper.closed = true
    this.store.end()
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    await this.writes.settle()
    await Promise.all([this.reporter.chronicle.close(), this.savings.write()])
    await this.store.close()
  }

  /** Where nothing is to be computed, what is stale is served as if computing had failed. */
  async #cachedOnly(request: Request): Promise<HeldEntry> {
    const wanted = this.runner.wanted(request)
    const token = this.store.marks.begin(request.physical)
    const read = async () => {
      try {
        return await this.store.readAny(token, request.shape, wanted)
      } finally {
        this.store.marks.end(token)
      }
    }
    const found = await Flight.alone(read).wait(request.signal)
    return this.cachedOnly(request, found)
  }

  /** What a request that computes nothing gets of what was found. */
  cachedOnly(request: Request, found: Found | undefined): HeldEntry {
    if (found !== undefined && !found.isFresh && this.#serving.may(found, request.freshness.ifError)) {
      this.reporter.stale(request, found, 'error')
      return found.held
    }
    if (found?.isFresh) {
      this.reporter.answered(request, found)
      return orThrow(found.held)
    }
    this.reporter.read(request, undefined)
    throw new GranaryError('NOT_CACHED', "nothing is cached for this key, and the mode is 'only-if-cached'")
  }
}

/** An entry with a value. @throws the error of a rejection */
function orThrow(held: HeldEntry): HeldEntry {
  if (held.rejection === undefined) return held
  throw held.value
}

/** A run that was begun without storing keeps its result after all, the way that one who joined it asks for. */
function storing(begun: Request, joined: Request): Request {
  return begun.allowed.stores ? begun : { ...joined, compute: begun.compute }
}
