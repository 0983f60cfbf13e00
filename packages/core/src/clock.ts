/**
 * Where the engine gets its time from. Injected, so that a test never sleeps (the idea of Caffeine's `Ticker`).
 */
export interface Clock {
  /** Milliseconds since the Unix epoch; never goes back while the process lives. */
  now(): number
  /**
   * Calls `fn` once, `ms` from now, and returns what cancels it. Never keeps a process alive.
   */
  after(ms: number, fn: () => void): () => void
}

/** The two times that {@link systemClock} reads, in milliseconds. */
export interface TimeSource {
  /** Time since an arbitrary start that no one can set: `performance.now()`. */
  monotonic(): number
  /** Time since the Unix epoch, which an administrator can set: `Date.now()`. */
  wall(): number
}

/** What a timer can wait at once: 24.8 days. */
const LONGEST_TIMER = 2 ** 31 - 1
const SLEEP = 1_000
const PAUSE = 20
const CALLS = 64

/**
 * Monotonic time, anchored once to wall time: a wall clock that is set back never prolongs a life.
 *
 * A monotonic clock may stand still while the machine sleeps, so the wall clock is looked at after a pause, and every
 * 64 calls: if it is more than a second ahead, the anchor moves forward. Entries then expire early rather than late.
 */
export function systemClock(source: TimeSource = systemTime()): Clock {
  return new SystemClock(source)
}

/** Bound once: looking `performance` up on every call costs a fifth of reading the time. */
function systemTime(): TimeSource {
  return { monotonic: performance.now.bind(performance), wall: Date.now }
}

/** A class and not a closure: V8 writes a number to a field in place, and makes an object of one in a closure's variable. */
class SystemClock implements Clock {
  readonly #monotonic: () => number
  readonly #wall: () => number
  #last: number
  #anchor: number
  #calls = 0

  constructor({ monotonic, wall }: TimeSource) {
    this.#monotonic = monotonic
    this.#wall = wall
    this.#last = monotonic()
    this.#anchor = wall() - this.#last
  }

  now(): number {
    const monotonic = this.#monotonic
    const elapsed = monotonic()
    if (elapsed - this.#last > PAUSE || ++this.#calls === CALLS) this.#noticeSleep(elapsed)
    this.#last = elapsed
    return this.#anchor + elapsed
  }

  after(ms: number, fn: () => void): () => void {
    let timer: unknown
    const arm = (left: number) => {
      const next = left > LONGEST_TIMER ? () => arm(left - LONGEST_TIMER) : fn
      timer = setTimeout(next, Math.min(left, LONGEST_TIMER))
      if (typeof timer === 'object' && timer !== null && 'unref' in timer) (timer as { unref(): void }).unref()
    }
    arm(ms)
    return () => clearTimeout(timer as ReturnType<typeof setTimeout>)
  }

  #noticeSleep(elapsed: number): void {
    this.#calls = 0
    const ahead = this.#wall() - (this.#anchor + elapsed)
    if (ahead > SLEEP) this.#anchor += ahead
  }
}
