import type { Cache, Clock, Computation, Mode, Ttl } from '@granary/core'
import { InvalidationWatch } from './invalidation-watch.js'
import { LiveStream } from './live-stream.js'
import { costOf, type Prices } from './prices.js'
import type { Unstorable, Verdict } from './protocol.js'
import type { Recording } from './recording.js'
import type { SavingsLedger } from './savings.js'

/** An answer that has begun to come from the provider. */
export interface Source<Head, Event> {
  /** What its callers get of it before the first event. */
  readonly head: Head
  /** The part of `head` that is stored. */
  readonly kept: Head
  /** Are its events given to callers as they come? Else they get the answer once it is complete. */
  readonly streams: boolean
  /** Its events, each with whether it is the last that counts. */
  readonly events: AsyncIterable<{ readonly event: Event; readonly last: boolean }>
  /** What became of it, once the events have ended. */
  verdict(): Verdict
}

/** Where an answer is kept. */
interface Place {
  readonly cache: Cache
  readonly key: string
}

/** One caller's wish for an answer. */
export interface Call<Head, Event> extends Place {
  readonly mode: Mode
  readonly ttl: Ttl
  /** In ms; an older answer is asked for again. */
  readonly maxAge: number | undefined
  readonly signal: AbortSignal | undefined
  /** The model that is asked, where the answer does not name one. */
  readonly model: string
  /** Asks the provider. */
  readonly start: (signal: AbortSignal) => Promise<Source<Head, Event>>
  /** Where the answer belongs if another model gave it than was asked, by its name; `undefined` where it stays. Absent where only one can. */
  readonly placeOf?: ((answered: string) => Place | undefined) | undefined
  /** Is an answer kept in spite of this reason? Default: never. */
  readonly keeps?: (reason: Unstorable, head: Head) => boolean
}

/** An answer as a caller gets it: complete, or under way. */
export interface Opened<Head, Event> {
  /** `joined`: from a call that another caller had under way. */
  readonly from: 'cache' | 'provider' | 'joined'
  readonly head: Head
  /** The answer, if it is complete. */
  readonly recording: Recording<Head, Event> | undefined
  /** Its events, from the first: those of the recording, or as they come. */
  readonly live: LiveStream<Event> | undefined
  /** Says that this caller wants no more of it; when no caller is left, the provider is told. */
  leave(reason: unknown): void
}

/** A call that is under way, and what its callers share. */
interface Attempt<Head, Event> {
  readonly live: LiveStream<Event>
  readonly begun: Promise<Begun<Head, Event>>
}

interface OwnAttempt<Head, Event> extends Attempt<Head, Event> {
  readonly compute: (run: Computation) => Promise<Recording<Head, Event>>
}

/** Long reasoning takes long: SDKs have deadlines of their own, which come first. */
const LONGEST_CALL = '1h'

/**
 * Answers calls from the cache, from calls that are under way, or from the provider: once, for all who ask meanwhile, and
 * stored if it is complete. Knows nothing of HTTP.
 */
export class RecordedCalls<Head, Event> {
  readonly #clock: Clock
  readonly #prices: Prices
  readonly #ledger: SavingsLedger
  /** By the computation that the cache runs: it says whose a caller joins, and so what invalidated it is not joined. */
  readonly #attempts = new WeakMap<object, Attempt<Head, Event>>()

  constructor(clock: Clock, prices: Prices, ledger: SavingsLedger) {
    this.#clock = clock
    this.#prices = prices
    this.#ledger = ledger
  }

  async open(call: Call<Head, Event>): Promise<Opened<Head, Event>> {
    const mode = await this.#modeFor(call)
    const own = this.#attempt(call)
    let attempt: Attempt<Head, Event> | undefined = own
    const leaving = new AbortController()
    // What has ended is stored, whoever leaves.
    const leave = (reason: unknown) => attempt?.live.ended || leaving.abort(reason)
    const unlink = onAbort(call.signal, leave)
    const result = call.cache.getOrCompute(call.key, own.compute, {
      mode,
      ttl: call.ttl,
      timeout: LONGEST_CALL,
      signal: leaving.signal,
      onJoin: (compute) => {
        attempt = this.#attempts.get(compute as object)
      },
    })
    result.then(unlink, unlink)
    const first = await Promise.race(attempt === undefined ? [result] : [attempt.begun, result])
    if (!(first instanceof Begun)) {
      this.#save(attempt?.live.ended === false ? 'hits' : 'joined', first)
      return { from: 'cache', head: first.head, recording: first, live: undefined, leave }
    }
    const { head, live } = first
    const from = attempt === own ? 'provider' : 'joined'
    if (from === 'joined') void result.then((recording) => this.#save('joined', recording), ignore)
    return { from, head, live, recording: live.ended ? await result : undefined, leave }
  }

  #save(what: 'hits' | 'joined', { model, usage }: Recording<Head, Event>): void {
    this.#ledger.add(what, model, usage, costOf(usage, model, this.#prices))
  }

  async #modeFor({ cache, key, mode, maxAge }: Call<Head, Event>): Promise<Mode> {
    if (maxAge === undefined || mode !== 'use') return mode
    const there = await cache.peek(key)
    return there !== undefined && this.#clock.now() - there.createdAt > maxAge ? 'refresh' : mode
  }

  #attempt(call: Call<Head, Event>): OwnAttempt<Head, Event> {
    const live = new LiveStream<Event>()
    const begun = Promise.withResolvers<Begun<Head, Event>>()
    const compute = async (run: Computation) => {
      const watch = call.placeOf && new InvalidationWatch(call.cache)
      try {
        const recording = await this.#record(call, run, live, (head) => begun.resolve(new Begun(head, live)))
        const place = run.store ? call.placeOf?.(recording.model) : undefined
        if (place !== undefined) {
          run.store = false
          if (!watch?.isOvertaken) await place.cache.set(place.key, recording, { ttl: call.ttl })
        }
        return recording
      } catch (error) {
        live.fail(error)
        throw error
      } finally {
        watch?.end()
      }
    }
    this.#attempts.set(compute, { live, begun: begun.promise })
    return { live, begun: begun.promise, compute }
  }

  async #record(
    call: Call<Head, Event>,
    run: Computation,
    live: LiveStream<Event>,
    begin: (head: Head) => void,
  ): Promise<Recording<Head, Event>> {
    const at = this.#clock.now()
    const source = await call.start(run.signal)
    if (source.streams) begin(source.head)
    for await (const { event, last } of source.events) {
      live.push(this.#clock.now() - at, event)
      if (last) live.end()
    }
    live.end()
    begin(source.head)
    const { unstorable, usage, model = call.model } = source.verdict()
    const recording = { at, head: source.kept, events: live.events, usage, model }
    const cost = costOf(usage, model, this.#prices)
    run.cost = cost
    this.#ledger.add('calls', model, usage, cost)
    if (unstorable !== undefined) {
      run.store = call.keeps?.(unstorable, source.head) ?? false
      if (!run.store) this.#ledger.refuse(unstorable)
    }
    return recording
  }
}

/** The answer of a call that is under way has begun to come. */
class Begun<Head, Event> {
  readonly head: Head
  readonly live: LiveStream<Event>

  constructor(head: Head, live: LiveStream<Event>) {
    this.head = head
    this.live = live
  }
}

function ignore(): void {}

/** Calls back with the reason of an abort; gives what ends that. */
function onAbort(signal: AbortSignal | undefined, callback: (reason: unknown) => void): () => void {
  if (signal === undefined) return ignore
  const abort = () => callback(signal.reason)
  if (signal.aborted) abort()
  else signal.addEventListener('abort', abort, { once: true })
  return () => signal.removeEventListener('abort', abort)
}
