import Queue from 'yocto-queue'
import type { WorkNode } from './node.js'
import type { Place } from './plan.js'

/** Those who wait for their turn at one place, and how many are there. */
interface Line {
  readonly limit: number
  readonly waiting: Queue<() => void>
  readonly downstream: readonly Line[]
  working: number
  /** Between two attempts: they have no turn, but will want one. */
  pausing: number
}

/**
 * Who may work next: never more than `concurrency` at once, and at each place never more than its own limit.
 *
 * What is furthest on goes first, and a place stands still while those after it have enough to do. So a task that came
 * far is finished before another is begun, and what is waiting stays little however much comes in.
 */
export class Turns {
  readonly #lines = new Map<Place, Line>()
  /** The furthest on first. */
  readonly #order: readonly Line[]
  readonly #concurrency: number
  readonly #wanted: () => void
  #working = 0
  #granting = false
  #open = false

  /** @param wanted called when there is room for another input */
  constructor(places: readonly Place<WorkNode>[], concurrency: number, wanted: () => void) {
    this.#concurrency = concurrency
    this.#wanted = wanted
    for (const place of places.toReversed()) {
      const downstream = place.downstream.map((next) => this.#lineOf(next))
      const limit = place.node.policy.concurrency
      this.#lines.set(place, { limit, waiting: new Queue(), downstream, working: 0, pausing: 0 })
    }
    this.#order = [...this.#lines.values()]
  }

  /** Calls back when it is this one's turn. It ends with {@link Turns.leave}. */
  enter(place: Place, go: () => void): void {
    if (this.#open) go()
    else {
      this.#lineOf(place).waiting.enqueue(go)
      this.grant()
    }
  }

  leave(place: Place): void {
    this.#lineOf(place).working--
    this.#working--
    this.grant()
  }

  /** Gives the turn up until {@link Turns.resume}. */
  pause(place: Place): void {
    this.#lineOf(place).pausing++
    this.leave(place)
  }

  resume(place: Place): Promise<void> {
    this.#lineOf(place).pausing--
    return new Promise((go) => this.enter(place, go))
  }

  /** Has this place so little before it that more may come? */
  hasRoom(place: Place): boolean {
    return this.#roomIn(this.#lineOf(place))
  }

  /** Lets everybody in: the run is over, and they are to find out. */
  letAllIn(): void {
    this.#open = true
    for (const { waiting } of this.#order) for (const go of waiting.drain()) go()
  }

  grant(): void {
    // Whoever is let in may ask for another turn before this has returned.
    if (this.#granting || this.#open) return
    this.#granting = true
    while (this.#working < this.#concurrency) {
      const line = this.#order.find((each) => this.#isReady(each))
      if (line === undefined) break
      line.working++
      this.#working++
      line.waiting.dequeue()?.()
    }
    this.#granting = false
    if (this.#working < this.#concurrency) this.#wanted()
  }

  #isReady({ waiting, working, limit, downstream }: Line): boolean {
    return waiting.size > 0 && working < limit && downstream.every((next) => this.#roomIn(next))
  }

  #roomIn({ waiting, pausing }: Line): boolean {
    return waiting.size + pausing < 2 * this.#concurrency
  }

  #lineOf(place: Place): Line {
    const line = this.#lines.get(place)
    if (line === undefined) throw new Error(`${place.node.name} has no turns`)
    return line
  }
}
