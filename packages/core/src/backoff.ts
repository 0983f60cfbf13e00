/** Keys whose failures are remembered; beyond that the oldest half is forgotten, and tried again early. */
const REMEMBERED = 10_000

/** Keys whose refresh has failed lately, each with the time before which it is not tried again. Bounded, without timers. */
export class Backoff {
  #young = new Map<string, number>()
  #old = new Map<string, number>()

  /** The key is not tried before this time. */
  postpone(key: string, until: number): void {
    this.#young.set(key, until)
    if (this.#young.size < REMEMBERED / 2) return
    this.#old = this.#young
    this.#young = new Map()
  }

  holds(key: string, now: number): boolean {
    if (this.#young.size === 0 && this.#old.size === 0) return false
    return now < (this.#young.get(key) ?? this.#old.get(key) ?? 0)
  }

  /** The key was computed. */
  forget(key: string): void {
    this.#young.delete(key)
    this.#old.delete(key)
  }
}
