import { type Clock, type Duration, parseDuration } from '@granary/core'

interface Timer {
  readonly due: number
  readonly fn: () => void
}

/** Where a {@link FakeClock} starts unless told otherwise: 1 January 2026, midnight UTC. */
const START = Date.UTC(2026, 0, 1)

/**
 * Clock that stands still until it is advanced. Timers fire inside {@link FakeClock.advance}, in the order of their
 * times and, of those due at one time, in the order in which they were armed.
 */
export class FakeClock implements Clock {
  #now: number
  #timers: Timer[] = []

  /** @param start milliseconds since the Unix epoch; 1 January 2026 by default */
  constructor(start: number = START) {
    this.#now = start
  }

  /** Timers that are armed and neither fired nor cancelled: 0 at the end of a test means that nothing leaked. */
  get pending(): number {
    return this.#timers.length
  }

  now(): number {
    return this.#now
  }

  after(ms: number, fn: () => void): () => void {
    const timer: Timer = { due: this.#now + Math.max(0, ms), fn }
    const later = this.#timers.findIndex((other) => other.due > timer.due)
    this.#timers.splice(later < 0 ? this.#timers.length : later, 0, timer)
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer)
    }
  }

  /**
   * Moves the time on and fires the timers that fall due, each at its own time; also those that are armed while others
   * fire. Promises settle only after the test awaits: what a promise arms is fired by the next call.
   *
   * @param duration milliseconds, or a string such as `'1h'`; 0 fires what is due now
   * @throws GranaryError `INVALID_OPTION` for a negative number or a string of another form
   */
  advance(duration: Duration): void {
    const end = this.#now + (duration === 0 ? 0 : parseDuration(duration, 'advance'))
    for (let timer = this.#timers[0]; timer !== undefined && timer.due <= end; timer = this.#timers[0]) {
      this.#timers.shift()
      this.#now = Math.max(this.#now, timer.due)
      timer.fn()
    }
    this.#now = end
  }
}
