import { GranaryError, type Task } from '@granary/core'

/** Inputs of a run; also from a generator that makes them as they are wanted. */
export type Inputs<T extends Task> = Iterable<T> | AsyncIterable<T>

/** Where inputs come from: asked for one at a time. */
export class Source {
  readonly #iterator: Iterator<Task> | AsyncIterator<Task>
  #asking = false
  ended = false

  /** @throws GranaryError `INVALID_OPTION` for what is not iterable */
  constructor(inputs: Inputs<Task>) {
    const { [Symbol.asyncIterator]: later, [Symbol.iterator]: now } = (inputs ?? {}) as AsyncIterable<Task> &
      Iterable<Task>
    const iterate = later ?? now
    if (typeof iterate !== 'function') {
      throw new GranaryError('INVALID_OPTION', 'graph.run takes tasks, as an array or anything iterable: run([task])')
    }
    this.#iterator = iterate.call(inputs)
  }

  /** Asks for the next input, unless it is being waited for. */
  async ask(take: (task: Task) => void, ended: () => void): Promise<void> {
    if (this.#asking || this.ended) return
    this.#asking = true
    const next = await this.#iterator.next()
    this.#asking = false
    if (this.ended) return
    this.ended = next.done === true
    if (next.done) ended()
    else take(next.value)
  }

  /** Wants no more, and lets a generator clean up; does not wait for one that is busy. */
  close(): void {
    if (this.ended) return
    this.ended = true
    try {
      Promise.resolve(this.#iterator.return?.()).catch(() => {})
    } catch {
      // The run is over already, for a reason of its own.
    }
  }
}
