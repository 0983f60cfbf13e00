/**
 * Counts the calls of a layer that have not settled, those whose callers have given up included, and admits no more than
 * so many: what a server does not answer must not pile up in its client.
 */
export class InFlight {
  readonly #most: number
  #count = 0
  #isFull = false

  constructor(most: number) {
    this.#most = most
  }

  /** `'first'` for the first call that is not admitted, until half of them have settled. */
  admits(): boolean | 'first' {
    if (this.#count < this.#most) return true
    if (this.#isFull) return false
    this.#isFull = true
    return 'first'
  }

  track(call: Promise<unknown>): void {
    this.#count++
    const settled = () => {
      this.#count--
      if (this.#count <= this.#most / 2) this.#isFull = false
    }
    call.then(settled, settled)
  }
}
