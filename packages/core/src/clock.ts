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
export function systemClock(source: TimeSource = { monotonic: () => performance.now(), wall: Date.now }): Clock {
  const { monotonic, wall } = source
  let last = monotonic()
  let anchor = wall() - last
  let calls = 0

  function noticeSleep(elapsed: number): void {
    calls = 0
    const ahead = wall() - (anchor + elapsed)
    if (ahead > SLEEP) anchor += ahead
  }

  return {
    now() {
      const elapsed = monotonic()
      if (elapsed - last > PAUSE || ++calls === CALLS) noticeSleep(elapsed)
      last = elapsed
      return anchor + elapsed
    },
    after(ms, fn) {
      let timer: unknown
      const arm = (left: number) => {
        const next = left > LONGEST_TIMER ? () => arm(left - LONGEST_TIMER) : fn
        timer = setTimeout(next, Math.min(left, LONGEST_TIMER))
        if (typeof timer === 'object' && timer !== null && 'unref' in timer) (timer as { unref(): void }).unref()
      }
      arm(ms)
      return () => clearTimeout(timer as ReturnType<typeof setTimeout>)
    },
  }
}
