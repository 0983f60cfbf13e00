/** How long something took, in milliseconds; each figure within 5%. All 0 where nothing was measured. */
export interface Latency {
  /** How many were measured. */
  readonly count: number
  readonly p50: number
  readonly p90: number
  readonly p99: number
  readonly max: number
}

/** Each doubling is divided into so many parts. */
const PARTS = 8
/** From a tenth of a microsecond up to about two hours, in milliseconds. */
const SHORTEST = 1e-4
const OCTAVES = 36

const NOTHING: Latency = Object.freeze({ count: 0, p50: 0, p90: 0, p99: 0, max: 0 })

/**
 * A histogram of times in buckets that grow with the time: bounded memory, bounded relative error, and nothing is ever
 * sorted. (The idea of HdrHistogram.)
 */
export class Latencies {
  readonly #buckets: Uint32Array = new Uint32Array(OCTAVES * PARTS)
  #count = 0
  #max = 0

  record(ms: number): void {
    const part = Math.floor(Math.log2(Math.max(ms, SHORTEST) / SHORTEST) * PARTS)
    const at = Math.min(part, this.#buckets.length - 1)
    this.#buckets[at] = (this.#buckets[at] ?? 0) + 1
    this.#count++
    if (ms > this.#max) this.#max = ms
  }

  read(): Latency {
    const count = this.#count
    return { count, p50: this.#at(0.5), p90: this.#at(0.9), p99: this.#at(0.99), max: this.#max }
  }

  /** The time that this part of all took at most. */
  #at(part: number): number {
    let left = Math.ceil(this.#count * part)
    for (const [at, count] of this.#buckets.entries()) {
      left -= count
      // The middle of a bucket, as ratios go.
      if (left <= 0) return Math.min(this.#max, SHORTEST * 2 ** ((at + 0.5) / PARTS))
    }
    return 0
  }
}

/** What was measured, if anything was. */
export function latencyIn(latencies: Latencies | undefined): Latency {
  return latencies?.read() ?? NOTHING
}
