/**
 * One current run per key: whoever asks while it is under way waits for it. Knows nothing of caching.
 *
 * A run that was detached goes on for those who wait for it already, while the next caller begins another.
 * (The idea of Go's `singleflight`; detaching is its `Forget`.)
 */
export class SingleFlight<T, About = undefined> {
  readonly #current = new Map<string, Flight<T, About>>()

  current(key: string): Flight<T, About> | undefined {
    return this.#current.get(key)
  }

  /** Begins a run and makes it the key's current one. `run` is called before this returns. */
  start(key: string, run: (flight: Flight<T, About>) => Promise<T>, about = undefined as About): Flight<T, About> {
    this.detach(key)
    const flight = new Flight<T, About>(about, () => {
      if (this.#current.get(key) === flight) this.#current.delete(key)
    })
    this.#current.set(key, flight)
    flight.follow(run)
    return flight
  }

  detach(key: string): void {
    this.#current.get(key)?.detach()
  }

  /** Detaches every current run whose key is chosen. */
  detachWhere(chosen: (key: string) => boolean): void {
    for (const [key, flight] of this.#current) if (chosen(key)) flight.detach()
  }

  /** Runs that are under way and current. */
  get size(): number {
    return this.#current.size
  }
}

/** One run, what is to be known of it, and those who wait for it. */
export class Flight<T, About = undefined> {
  about: About
  /** False once it was detached or has settled: nobody joins it any more. */
  current = true
  /** It has an outcome; one that was detached goes on until it has. */
  isOver = false
  /** `run` is being called right now, in this turn: whoever joins would wait for itself. */
  starting = false
  readonly #outcome = Promise.withResolvers<T>()
  readonly #leave: () => void
  #controller: AbortController | undefined
  #abortReason: { readonly reason: unknown } | undefined
  #waiters = 0
  #isKept = false

  constructor(about: About, leave: () => void) {
    this.about = about
    this.#leave = leave
    // Its waiters may all be gone by the time it fails.
    this.#outcome.promise.catch(() => {})
  }

  /** A run that nobody else joins. */
  static alone<T, About = undefined>(
    run: (flight: Flight<T, About>) => Promise<T>,
    about = undefined as About,
  ): Flight<T, About> {
    const flight = new Flight<T, About>(about, () => {})
    flight.follow(run)
    return flight
  }

  /** Aborts when nobody waits any more, or the run has failed from outside. Made when first asked for. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController()
      if (this.#abortReason !== undefined) this.#controller.abort(this.#abortReason.reason)
    }
    return this.#controller.signal
  }

  follow(run: (flight: Flight<T, About>) => Promise<T>): void {
    run(this).then(
      (value) => {
        this.detach()
        this.isOver = true
        this.#outcome.resolve(value)
      },
      (error: unknown) => this.fail(error),
    )
  }

  /** The run's outcome. A caller whose own signal aborts stops waiting; when the last one has, the run is aborted. */
  wait(signal?: AbortSignal): Promise<T> {
    this.#waiters++
    if (signal === undefined) return this.#outcome.promise
    return new Promise<T>((resolve, reject) => {
      const leave = () => {
        reject(signal.reason)
        if (--this.#waiters === 0 && !this.#isKept) this.fail(signal.reason)
      }
      if (signal.aborted) return leave()
      signal.addEventListener('abort', leave, { once: true })
      const settled = () => signal.removeEventListener('abort', leave)
      this.#outcome.promise.then(
        (value) => {
          settled()
          resolve(value)
        },
        (error: unknown) => {
          settled()
          reject(error)
        },
      )
    })
  }

  /** Lets the run go on in the background, also when all who wait for it have left. */
  keep(): void {
    this.#isKept = true
  }

  /** Settles when the run has an outcome, and never rejects. */
  get settled(): Promise<void> {
    return this.#outcome.promise.then(ignore, ignore)
  }

  /** Calls back once the run has an outcome, also one that was given to it from outside. */
  whenSettled(callback: () => void): void {
    this.#outcome.promise.then(callback, callback)
  }

  /** Has the run been ended from outside, so that nobody waits for what it does any more? */
  get abandoned(): boolean {
    return this.#abortReason !== undefined
  }

  /** Ends the wait of everybody with an error and aborts the run. */
  fail(error: unknown): void {
    this.detach()
    this.isOver = true
    this.#outcome.reject(error)
    this.#abortReason = { reason: error }
    this.#controller?.abort(error)
  }

  detach(): void {
    if (!this.current) return
    this.current = false
    this.#leave()
  }
}

function ignore(): void {}
