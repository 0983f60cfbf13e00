import type { Clock } from './clock.js'

interface Waiting {
  until: number
  /** It was given time again. */
  isProlonged: boolean
  readonly give: () => void
}

/** A timer that is later than this says that the process itself stood still, ms. */
const LATE = 20

/**
 * Ends the wait for promises that do not settle in time, with one timer for all of them, and none where nothing waits.
 * Where the process itself stood still, whoever waits is given that time again, once: the answers may lie there unread.
 */
export class Overdue {
  readonly #clock: Clock
  readonly #ms: number
  /** Oldest first, since all wait equally long. */
  readonly #waiting = new Set<Waiting>()
  #disarm: (() => void) | undefined
  #lookAt = 0

  constructor(clock: Clock, ms: number) {
    this.#clock = clock
    this.#ms = ms
  }

  /** The promise's outcome, or a rejection if it has none in time. */
  limit<T>(promise: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const waiting: Waiting = {
        until: this.#clock.now() + this.#ms,
        isProlonged: false,
        give: () => reject(new Error(`the store did not answer within ${this.#ms} ms`)),
      }
      this.#waiting.add(waiting)
      this.#disarm ??= this.#arm(this.#ms)
      promise.then(
        (value) => {
          this.#settled(waiting)
          resolve(value)
        },
        (error: unknown) => {
          this.#settled(waiting)
          reject(error)
        },
      )
    })
  }

  #settled(waiting: Waiting): void {
    this.#waiting.delete(waiting)
    if (this.#waiting.size > 0) return
    this.#disarm?.()
    this.#disarm = undefined
  }

  #arm(ms: number): () => void {
    this.#lookAt = this.#clock.now() + ms
    return this.#clock.after(ms, () => this.#look())
  }

  #look(): void {
    this.#disarm = undefined
    const now = this.#clock.now()
    const late = now - this.#lookAt
    if (late > LATE) this.#prolong(now + Math.min(late, this.#ms))
    for (const waiting of this.#waiting) {
      if (waiting.until > now) {
        this.#disarm = this.#arm(waiting.until - now)
        return
      }
      this.#waiting.delete(waiting)
      waiting.give()
    }
  }

  #prolong(until: number): void {
    for (const waiting of this.#waiting) {
      if (waiting.isProlonged) continue
      waiting.isProlonged = true
      waiting.until = Math.max(waiting.until, until)
    }
  }
}
