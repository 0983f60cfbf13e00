/**
 * A stream of events that is under way: whoever follows it gets it from its start, at a pace of its own, and it comes from
 * its source once.
 */
export class LiveStream<Event> {
  readonly #events: (readonly [ms: number, event: Event])[] = []
  #outcome: { readonly error?: unknown } | undefined
  #wake = Promise.withResolvers<void>()

  /** Has the last event come, or the stream failed? */
  get ended(): boolean {
    return this.#outcome !== undefined
  }

  get events(): readonly (readonly [ms: number, event: Event])[] {
    return this.#events
  }

  push(ms: number, event: Event): void {
    this.#events.push([ms, event])
    this.#tell()
  }

  /** Says that the last event has come. */
  end(): void {
    this.#settle({})
  }

  /** Says that it ended too early; its followers get the error after the events that there are. */
  fail(error: unknown): void {
    this.#settle({ error })
  }

  /** All events, from the first. A follower whose signal aborts gets its reason; the others do not notice. */
  async *follow(signal?: AbortSignal): AsyncGenerator<Event, void, undefined> {
    for (let next = 0; ; next++) {
      while (next >= this.#events.length) {
        if (this.#outcome !== undefined) {
          if ('error' in this.#outcome) throw this.#outcome.error
          return
        }
        await unlessAborted(this.#wake.promise, signal)
      }
      signal?.throwIfAborted()
      yield (this.#events[next] as readonly [number, Event])[1]
    }
  }

  #settle(outcome: { readonly error?: unknown }): void {
    if (this.#outcome !== undefined) return
    this.#outcome = outcome
    this.#tell()
  }

  #tell(): void {
    this.#wake.resolve()
    this.#wake = Promise.withResolvers<void>()
  }
}

/** The promise, or the signal's reason if that comes first. Leaves no listener behind. */
export function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise
  if (signal.aborted) return Promise.reject(signal.reason)
  return new Promise<T>((resolve, reject) => {
    const abort = () => reject(signal.reason)
    signal.addEventListener('abort', abort, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}
