import type { Clock } from './clock.js'

/** How long a layer is left alone before it is tried out, in ms: the first time, and at most. */
const FIRST_PAUSE = 100
const LONGEST_PAUSE = 500

/** What a {@link Breaker} is made of. */
export interface BreakerParts {
  readonly clock: Clock
  /** Failures in a row after which the layer is left alone. */
  readonly mostFailures: number
  /** Asks the layer for something, to see whether it answers. */
  readonly probe: () => Promise<unknown>
  /** Called when the layer answers again. */
  readonly back: () => void
}

/**
 * Leaves a layer alone that has failed several times in a row, until it answers again. It is tried out beside the calls,
 * so that no caller waits for it, and along with them: there is no timer. (The circuit breaker of Nygard's Release It!)
 */
export class Breaker {
  readonly #parts: BreakerParts
  #failures = 0
  /** When to try the layer out; `undefined` while it is in use. */
  #probeAt: number | undefined
  #pause = FIRST_PAUSE
  #isProbing = false

  constructor(parts: BreakerParts) {
    this.#parts = parts
  }

  /** May the layer be called? While it may not, it is tried out now and then. */
  admits(): boolean {
    if (this.#probeAt === undefined) return true
    if (!this.#isProbing && this.#parts.clock.now() >= this.#probeAt) void this.#tryOut()
    return false
  }

  succeeded(): void {
    this.#failures = 0
    if (this.#probeAt === undefined) return
    this.#probeAt = undefined
    this.#pause = FIRST_PAUSE
    this.#parts.back()
  }

  /** Notes a failure; was it the one after which the layer is left alone? */
  failed(): boolean {
    if (this.#probeAt !== undefined || ++this.#failures < this.#parts.mostFailures) return false
    this.#probeAt = this.#parts.clock.now() + FIRST_PAUSE
    return true
  }

  async #tryOut(): Promise<void> {
    this.#isProbing = true
    try {
      await this.#parts.probe()
      this.succeeded()
    } catch {
      this.#pause = Math.min(this.#pause * 2, LONGEST_PAUSE)
      // A call that was made before may have answered meanwhile.
      if (this.#probeAt !== undefined) this.#probeAt = this.#parts.clock.now() + this.#pause
    } finally {
      this.#isProbing = false
    }
  }
}
