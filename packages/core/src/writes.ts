import { type Awaitable, isPromise } from './awaitable.js'

/** The writes that are under way, for `close()` to wait for. */
export class Writes {
  readonly #underWay = new Set<Promise<unknown>>()

  track<T>(writing: Awaitable<T>): Awaitable<T> {
    if (!isPromise(writing)) return writing
    const done = () => void this.#underWay.delete(writing)
    this.#underWay.add(writing)
    writing.then(done, done)
    return writing
  }

  async settle(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.allSettled(this.#underWay)
  }
}
