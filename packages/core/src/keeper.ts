import { type Awaitable, chain, isPromise } from './awaitable.js'
import type { Backoff } from './backoff.js'
import { type CurrentComputation, NOT_MODIFIED } from './computation.js'
import type { EntryMaker, Made } from './entry-maker.js'
import { graceOf, isWithin } from './freshness.js'
import type { HeldEntry } from './held-entry.js'
import type { LayeredStore } from './layered-store.js'
import type { Token } from './marks.js'
import { negativeTtlOf } from './negative-ttl.js'
import type { Reporter } from './reporter.js'
import type { Request, Running } from './request.js'
import { oldOf } from './serving.js'
import type { Refusal } from './store.js'
import type { Write } from './write-through.js'
import type { Writes } from './writes.js'

/** What a computation gave, and for whom. */
export interface Computed {
  readonly running: Running
  readonly token: Token
  readonly run: CurrentComputation
  readonly value: unknown
  readonly ms: number
}

/** Keeps what computations gave, unless there is a reason not to, and remembers those that failed. */
export class Keeper {
  closed = false
  readonly #store: LayeredStore
  readonly #maker: EntryMaker
  readonly #reporter: Reporter
  readonly #writes: Writes
  readonly #backoff: Backoff

  constructor(store: LayeredStore, maker: EntryMaker, reporter: Reporter, writes: Writes, backoff: Backoff) {
    this.#store = store
    this.#maker = maker
    this.#reporter = reporter
    this.#writes = writes
    this.#backoff = backoff
  }

  /** Stores the value; its callers get it in any case. They wait for it to be stored where that is done in a way of the user's own. */
  keep(computed: Computed): Awaitable<HeldEntry> {
    const { running, run } = computed
    const { held, reason } = this.make(computed)
    if (run.replayed) return held
    if (reason !== undefined) {
      this.#reporter.refused(running.about.request, reason)
      return held
    }
    if (run.save === undefined) {
      void this.#write(computed, held)
      return held
    }
    const saving = run.save((value) => this.#keepAs({ ...computed, value }))
    return chain(this.#writes.track(saving), () => held)
  }

  #keepAs(computed: Computed): Awaitable<boolean> {
    const { held, reason } = this.make(computed)
    if (reason === undefined) return this.#write(computed, held)
    this.#reporter.refused(computed.running.about.request, reason)
    return false
  }

  #write({ running, token }: Computed, held: HeldEntry): Awaitable<boolean> {
    const { request } = running.about
    const writing = this.#store.write(request.physical, held, token)
    return this.#follow(
      request,
      chain(writing, (outcomes) => this.#reporter.written(request, outcomes)),
    )
  }

  /** Stores what a batch has computed, each layer asked once. */
  keepAll(kept: readonly { readonly request: Request; readonly write: Write }[]): void {
    const [first] = kept
    if (first === undefined) return
    const writing = this.#store.writeMany(kept.map(({ write }) => write))
    void this.#follow(
      first.request,
      chain(writing, (outcomes) => {
        for (const [i, { request }] of kept.entries()) this.#reporter.written(request, outcomes[i] ?? [])
      }),
    )
  }

  /** The entry of what was computed, and why it may not be stored (any more), if it may not. */
  make({ running, token, run, value, ms }: Computed): Made {
    const { scope, physical, lifetime, allowed, shape, tags } = running.about.request
    this.#backoff.forget(physical)
    // Those of one who joined and asked for the value to be stored.
    run.tag(...tags)
    const result = { namespace: scope.path, run, ms, since: token.since, lifetime, stores: allowed.stores, shape }
    const old = value === NOT_MODIFIED ? oldOf(running) : undefined
    const { held, reason } =
      old === undefined ? this.#maker.ofResult({ ...result, value }) : this.#maker.ofRenewal(old.held, result)
    return { held, reason: reason ?? this.#refusal(running, token, held) }
  }

  /**
   * A computation has failed. Where something is left to be served, it is not tried again for a while; else the rejection
   * may be cached.
   */
  failed({ running, token, run, ms }: Omit<Computed, 'value'>, error: unknown, now: number): void {
    const { request } = running.about
    const old = oldOf(running)
    const { freshness, physical, scope, allowed, lifetime, shape } = request
    if (!allowed.stores || !allowed.reads || !running.current) return
    if (old !== undefined && now < old.held.staleUntil) {
      // A caller that may have nothing stale says nothing about how long those wait who may.
      if (now >= old.held.freshUntil && !isWithin(graceOf(freshness), old.held, now)) return
      this.#backoff.postpone(physical, now + freshness.retryAfter)
      this.#store.writing.keepNear(old, token)
      return
    }
    const ttl = freshness.negativeTtl && negativeTtlOf(freshness.negativeTtl, error)
    if (ttl === undefined) return
    const { since } = token
    const result = { namespace: scope.path, run, ms, since, lifetime, stores: true, shape }
    const held = this.#maker.ofRejection(error, result, ttl)
    if (this.#refusal(running, token, held) === undefined) this.#store.writing.setNear(physical, held)
  }

  #refusal(running: Running, token: Token, held: HeldEntry): Refusal | undefined {
    if (this.closed) return 'closed'
    return this.#store.marks.refusal(token, held) ?? (running.current ? undefined : 'overtaken')
  }

  #follow<T>({ freshness }: Request, writing: Awaitable<T>): Awaitable<T> {
    if (isPromise(writing)) freshness.waitUntil?.(writing)
    return this.#writes.track(writing)
  }
}
