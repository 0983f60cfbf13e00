import { GranaryError } from '@granary/core'

/**
 * Says what cannot be kept, and collects the path to it while it passes up through the containers. A cycle is noticed
 * as depth: on the way up the object that was met at the bottom turns up again.
 */
export class Unsupported extends Error {
  readonly #reason: string
  readonly #deepest: object | undefined
  /** The steps from the value down, and beside each the container that it leads out of. */
  readonly #steps: string[] = []
  readonly #containers: object[] = []
  /** How many steps lead from the deepest object round to itself; 0 without a cycle. */
  #round = 0

  /** @param deepest the object that lies too deep, where that is the reason */
  constructor(reason: string, options: { deepest?: object; cause?: unknown } = {}) {
    super(reason, options.cause === undefined ? undefined : { cause: options.cause })
    this.#reason = reason
    this.#deepest = options.deepest
  }

  /** Notes the step that led from `container` to what cannot be kept. */
  from(container: object, step: string): this {
    this.#steps.unshift(step)
    this.#containers.unshift(container)
    if (container === this.#deepest) {
      this.#round ||= this.#steps.length
      this.#steps.length = this.#round
      this.#containers.length = this.#round
    }
    return this
  }

  toGranaryError(): GranaryError {
    const path = `value${this.#path().join('')}`
    const reason = this.#round > 0 ? 'refers back to an object that contains it' : this.#reason
    const advice = 'cache plain data, Map, Set, Date and bytes, or convert it first'
    return new GranaryError('UNSUPPORTED_VALUE', `${path} ${reason}: ${advice}`, { cause: this.cause })
  }

  /** Ends where a cycle first comes round, wherever on it the deepest object lies. */
  #path(): string[] {
    let end = this.#steps.length
    while (
      end > this.#round &&
      this.#round > 0 &&
      this.#containers[end - 1 - this.#round] === this.#containers[end - 1]
    )
      end--
    return this.#steps.slice(0, end)
  }
}

const IDENTIFIER = /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u
const LONGEST_STEP = 64

/** The step to a property, as JavaScript would write it. */
export function property(name: string): string {
  if (name.length > LONGEST_STEP) return `[${JSON.stringify(`${name.slice(0, LONGEST_STEP)}…`)}]`
  return IDENTIFIER.test(name) ? `.${name}` : `[${JSON.stringify(name)}]`
}
