import type { Delivery } from './delivery.js'
import type { Failure } from './failure.js'
import type { JoinNode } from './node.js'
import type { Place, Route } from './plan.js'

/** One input, while work that came from it goes on. */
export interface Input {
  open: number
  ok: boolean
}

/** A delivery, and who waits for what comes of it. Forgotten once its consumers have done their work. */
export interface Publication {
  readonly delivery: Delivery
  readonly input: Input
  /** By the numbers of the joins. */
  readonly scopes: readonly (Scope | undefined)[]
}

/** All that comes of one task, for one join. */
export class Scope {
  readonly place: Place<JoinNode>
  readonly parts: Delivery[] = []
  readonly failures: Failure[] = []
  open = 1
  readonly #opener: Publication

  constructor(place: Place<JoinNode>, opener: Publication) {
    this.place = place
    this.#opener = opener
  }

  /** The task that opened it, in the scopes that the joined task is published in: all but this one. */
  get origin(): Publication {
    return { ...this.#opener, scopes: this.#opener.scopes.with(this.place.number, undefined) }
  }
}

/**
 * Counts the work that goes on, for each input and each scope of a join, so that each is noticed when its last has been
 * done. Nothing is kept of what has been closed.
 */
export class Ledger {
  readonly #closed: (scope: Scope) => void
  readonly #finished: (input: Input) => void

  constructor(closed: (scope: Scope) => void, finished: (input: Input) => void) {
    this.#closed = closed
    this.#finished = finished
  }

  /** Opens the scopes that begin with a delivery, and keeps them and its input open while it is handed to its consumers. */
  publish(
    delivery: Delivery,
    { opens }: Route,
    { input, scopes }: Omit<Publication, 'delivery'>,
    hand: (to: Publication) => void,
  ): void {
    const within = [...scopes]
    const publication = { delivery, input, scopes: within }
    const opened = opens.map((place) => {
      const scope = new Scope(place, publication)
      within[place.number] = scope
      return scope
    })
    // Only now, since a scope's joined task is in all the others.
    for (const scope of opened) this.hold(scope.place, scope.origin)
    input.open++
    hand(publication)
    for (const scope of opened) this.#leave(scope)
    this.#leaveInput(input)
  }

  /** Keeps all open that waits for what this place does with a publication. */
  hold({ leadsTo }: Place, { input, scopes }: Publication): void {
    input.open++
    for (const number of leadsTo) {
      const scope = scopes[number]
      if (scope !== undefined) scope.open++
    }
  }

  /** Ends what {@link Ledger.hold} began, once what came of it has been published. */
  release({ leadsTo }: Place, { input, scopes }: Publication): void {
    for (const number of leadsTo) {
      const scope = scopes[number]
      if (scope !== undefined) this.#leave(scope)
    }
    this.#leaveInput(input)
  }

  /** Notes that what this place would have made of a publication is missing. */
  miss({ leadsTo }: Place, { input, scopes }: Publication, ...failures: readonly Failure[]): void {
    input.ok = false
    for (const number of leadsTo) for (const failure of failures) scopes[number]?.failures.push(failure)
  }

  #leave(scope: Scope): void {
    if (--scope.open > 0) return
    this.#closed(scope)
    this.release(scope.place, scope.origin)
  }

  #leaveInput(input: Input): void {
    if (--input.open === 0) this.#finished(input)
  }
}
