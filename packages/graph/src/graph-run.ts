import { GranaryError, type Task } from '@granary/core'
import { attempts } from './attempts.js'
import { comparePositions, Delivery } from './delivery.js'
import { type GraphEvent, type GraphListener, tell, type WorkEvent } from './events.js'
import { Failure, GraphError } from './failure.js'
import { Ledger, type Publication, type Scope } from './ledger.js'
import { isJoin, type WorkNode } from './node.js'
import { type Place, type Plan, routeOf, routeOfInput } from './plan.js'
import type { GraphResult, Report } from './report.js'
import type { Source } from './source.js'
import { Turns } from './turns.js'

export interface RunSettings {
  readonly concurrency: number
  readonly maxDepth: number
  readonly debug: boolean
  readonly stop: boolean
  readonly signal: AbortSignal | undefined
  readonly onEvent: GraphListener | undefined
}

/** One run of a graph. All that it knows is its own, so that runs of one graph never mix. */
export class GraphRun {
  readonly #plan: Plan
  readonly #source: Source
  readonly #report: Report
  readonly #settings: RunSettings
  readonly #turns: Turns
  readonly #ledger: Ledger
  readonly #controller = new AbortController()
  readonly #outcome = Promise.withResolvers<GraphResult>()
  /** Deliveries that somebody works on, or will. */
  #going = 0
  /** Why the run was ended. */
  #ended: { readonly reason: unknown } | undefined

  constructor(plan: Plan, source: Source, report: Report, settings: RunSettings) {
    this.#plan = plan
    this.#source = source
    this.#report = report
    this.#settings = settings
    const works = plan.places.filter(({ node }) => !isJoin(node)) as Place<WorkNode>[]
    this.#turns = new Turns(works, settings.concurrency, () => this.#ask())
    this.#ledger = new Ledger(
      (scope) => this.#join(scope),
      ({ ok }) => this.#finish(ok),
    )
  }

  async outcome(): Promise<GraphResult> {
    const { signal } = this.#settings
    const abort = () => this.#end(signal?.reason)
    signal?.addEventListener('abort', abort, { once: true })
    try {
      if (signal?.aborted) abort()
      else this.#turns.grant()
      return await this.#outcome.promise
    } finally {
      signal?.removeEventListener('abort', abort)
    }
  }

  #ask(): void {
    const entries = [...this.#plan.inputs.values()].flatMap(({ works }) => works)
    if (!entries.every((place) => this.#turns.hasRoom(place))) return
    this.#source
      .ask(
        (task) => this.#take(task),
        () => this.#settle(),
      )
      .catch((error) => this.#end(error))
  }

  #take(task: Task): void {
    const route = routeOfInput(this.#plan, task)
    const delivery = new Delivery(task, { order: [this.#report.inputs++] })
    this.#tell({ type: 'input', taskType: task.$type, inputs: this.#report.inputs })
    const from = { input: { open: 0, ok: true }, scopes: this.#plan.joins.map(() => undefined) }
    this.#ledger.publish(delivery, route, from, (publication) => this.#hand(route.works, publication))
    this.#turns.grant()
  }

  #publish(place: Place, from: Publication, tasks: readonly Task[], parts: readonly Delivery[] = []): void {
    this.#report.add(place.node.name, 'published', tasks.length)
    for (const [i, task] of tasks.entries()) {
      const route = routeOf(place.routes, task)
      if (route === undefined) continue
      const origin = { worker: place.node.name, parent: from.delivery, parts, order: [place.rank, i] }
      this.#ledger.publish(new Delivery(task, origin), route, from, (publication) => {
        for (const { number } of route.joins) publication.scopes[number]?.parts.push(publication.delivery)
        if (route.collected) this.#report.collect(publication.delivery)
        this.#hand(route.works, publication)
      })
    }
  }

  #hand(works: readonly Place<WorkNode>[], publication: Publication): void {
    for (const place of works) {
      this.#going++
      this.#ledger.hold(place, publication)
      this.#turns.enter(place, () => void this.#work(place, publication))
    }
  }

  /** Never rejects. */
  async #work(place: Place<WorkNode>, publication: Publication): Promise<void> {
    const { node } = place
    const { delivery } = publication
    const { signal } = this.#controller
    const event = this.#eventOf(place, delivery)
    let tries = 0
    let began = 0
    let hasTurn = true
    const attempt = async (number: number) => {
      if (number > 1) await this.#turns.resume(place)
      hasTurn = true
      signal.throwIfAborted()
      tries = number
      began = performance.now()
      return await node.work(delivery, signal)
    }
    const again = (number: number, error: unknown) => {
      hasTurn = false
      this.#turns.pause(place)
      this.#report.add(node.name, 'retried')
      this.#tell({ ...event, type: 'retry', attempt: number, ...(this.#settings.debug ? { error } : {}) })
    }
    try {
      if (this.#ended === undefined) this.#tell({ ...event, type: 'start' })
      this.#checkDepth(place, delivery)
      const tasks = await attempts(attempt, node.policy.retry, signal, again)
      signal.throwIfAborted()
      this.#report.add(node.name, 'done')
      this.#tell({ ...event, type: 'done', published: tasks.length, ms: performance.now() - began })
      this.#publish(place, publication, tasks)
    } catch (error) {
      if (this.#ended !== undefined) this.#tell({ ...event, type: 'abort' })
      else this.#fail(place, publication, error, tries)
    }
    this.#going--
    this.#ledger.release(place, publication)
    if (hasTurn) this.#turns.leave(place)
    this.#settle()
  }

  #checkDepth({ node }: Place, { depth }: Delivery): void {
    const { maxDepth } = this.#settings
    if (depth < maxDepth || node.publishes.length === 0) return
    throw new GranaryError(
      'TOO_DEEP',
      `a task came to ${node.name} through ${depth} workers and joins: end the loop, or raise maxDepth`,
    )
  }

  /** All that could become a part has been worked off. */
  #join({ place, origin, parts, failures }: Scope): void {
    if (this.#ended !== undefined) return
    const { node } = place
    const event = this.#eventOf(place, origin.delivery)
    if (failures.length > 0 && node.join.incomplete === 'skip') {
      this.#report.add(node.name, 'skipped')
      this.#tell({ ...event, type: 'skip', failures: failures.length })
      this.#ledger.miss(place, origin, ...failures)
      return
    }
    const deliveries = parts
      .map((delivery) => ({ delivery, position: delivery.position }))
      .sort((a, b) => comparePositions(a.position, b.position))
      .map(({ delivery }) => delivery)
    try {
      this.#checkDepth(place, origin.delivery)
      const whole = node.join.combine({
        origin: origin.delivery.task,
        parts: deliveries.map(({ task }) => task),
        deliveries,
        failures,
      })
      if (whole !== undefined && !node.join.into.is(whole)) {
        throw new GranaryError(
          'UNDECLARED_OUTPUT',
          `join ${node.name} makes ${node.join.into.type} tasks, and made another`,
        )
      }
      this.#report.add(node.name, 'done')
      this.#tell({ ...event, type: 'join', parts: parts.length })
      this.#publish(place, origin, whole === undefined ? [] : [whole], deliveries)
    } catch (error) {
      this.#fail(place, origin, error, 1)
    }
  }

  #fail(place: Place, publication: Publication, error: unknown, tries: number): void {
    const failure = new Failure(place.node.name, publication.delivery, error, tries)
    this.#report.fail(failure)
    this.#ledger.miss(place, publication, failure)
    const event = this.#eventOf(place, publication.delivery)
    this.#tell({ ...event, type: 'fail', attempts: tries, ...(this.#settings.debug ? { error } : {}) })
    if (this.#settings.stop) this.#end(new GraphError(failure))
  }

  #finish(ok: boolean): void {
    if (this.#ended !== undefined) return
    this.#report.finish(ok)
    this.#tell({ type: 'finish', ok, finished: this.#report.finished, inputs: this.#report.inputs })
    this.#settle()
  }

  #end(reason: unknown): void {
    if (this.#ended !== undefined) return
    this.#ended = { reason }
    this.#source.close()
    this.#controller.abort(reason)
    this.#turns.letAllIn()
    this.#settle()
  }

  /** The run has its outcome when nothing is left to do; once it has been ended, when nobody is doing anything. */
  #settle(): void {
    if (this.#ended !== undefined) {
      if (this.#going === 0) this.#outcome.reject(this.#ended.reason)
    } else if (this.#source.ended && this.#report.finished === this.#report.inputs) {
      this.#outcome.resolve(this.#report.result())
    }
  }

  #eventOf({ node }: Place, delivery: Delivery): WorkEvent {
    return { worker: node.name, taskType: delivery.task.$type, ...(this.#settings.debug ? { delivery } : {}) }
  }

  #tell(event: GraphEvent): void {
    tell(this.#settings.onEvent, event)
  }
}
