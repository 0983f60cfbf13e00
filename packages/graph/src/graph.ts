import { checkOptions, GranaryError, type Task, type TypeOf } from '@granary/core'
import type { AnyWorker, Carries, Connectable, ConsumedBy } from './connection.js'
import type { Delivery } from './delivery.js'
import type { GraphListener } from './events.js'
import { GraphRun } from './graph-run.js'
import { isType, Join } from './join.js'
import { invalid } from './layout.js'
import type { Node, WorkNode } from './node.js'
import { type Plan, planOf, routeOfInput } from './plan.js'
import { type CheckedPolicy, checkPolicy, POLICY_OPTIONS, type Policy, wholeNumber } from './policy.js'
import { type GraphResult, Report } from './report.js'
import { type Sink, untilAborted } from './sink.js'
import { type Inputs, Source } from './source.js'

export interface GraphOptions<Entry extends AnyWorker> extends Policy {
  /** The workers that get the inputs of a run: each input goes to all of those that consume its type. */
  readonly entries: readonly Entry[]
  /** Tasks that are worked on at once, by all workers and sinks together. Default: 16. */
  readonly concurrency?: number
  /** How work that failed is tried again, where a worker or sink has no `retry` of its own. Default: not at all. */
  readonly retry?: NonNullable<Policy['retry']>
  /**
   * How many workers and joins in a row a task may come through before another is not given it: what ends an endless
   * loop, as a failure with the code `TOO_DEEP`. Default: 100.
   */
  readonly maxDepth?: number
  /** Puts tasks and errors into events. Default: false. */
  readonly debug?: boolean
}

export interface GraphRunOptions {
  /** Ends the run: it rejects with the signal's reason, and no other work is begun. */
  readonly signal?: AbortSignal | undefined
  /** Told what happens, for a progress bar or a log. */
  readonly onEvent?: GraphListener
  /** `'continue'`: other branches go on, and failures are in the result. `'stop'`: the first rejects the run with a {@link GraphError}. Default: `'continue'`. */
  readonly onFailure?: 'continue' | 'stop'
  /** Failures that the result keeps; all are counted. Each holds the tasks that led there. Default: 1,000. */
  readonly keepFailures?: number
}

const GRAPH_OPTIONS = ['entries', 'maxDepth', 'debug', ...POLICY_OPTIONS]
const RUN_OPTIONS = ['signal', 'onEvent', 'onFailure', 'keepFailures']

/**
 * Workers connected by the types of their tasks. What a worker publishes goes to every worker and join that it is
 * connected to and that consumes the type, and to every sink of the type.
 *
 * It holds no state of a run: one graph may run many times, also at the same time.
 */
export class Graph<Entry extends AnyWorker> {
  readonly #policy: CheckedPolicy
  readonly #maxDepth: number
  readonly #debug: boolean
  readonly #entries: Node[] = []
  readonly #nodes = new Map<Connectable, Node>()
  readonly #policies = new Map<Connectable, CheckedPolicy>()
  readonly #connections = new Map<Node, Set<Node>>()
  readonly #sinks: WorkNode[] = []
  readonly #collected = new Set<TypeOf<Task>>()
  readonly #ignored = new Set<TypeOf<Task>>()
  #plan: Plan | undefined

  /**
   * @throws GranaryError `INVALID_OPTION` for an option that is unknown, missing or out of range, `INVALID_GRAPH` for an
   *   entry that is named twice
   */
  constructor(options: GraphOptions<Entry>) {
    checkOptions('a graph', options, GRAPH_OPTIONS)
    const { entries, maxDepth = 100, debug = false } = options
    this.#policy = checkPolicy('a graph', options)
    this.#maxDepth = wholeNumber('a graph', 'maxDepth', maxDepth, 1)
    this.#debug = debug
    if (!Array.isArray(entries) || entries.length === 0) {
      throw new GranaryError(
        'INVALID_OPTION',
        'a graph needs entries, the workers that get its inputs: { entries: [read] }',
      )
    }
    for (const entry of entries) {
      const node = this.#nodeOf(entry)
      if (this.#entries.includes(node)) throw invalid(`${node.name} is named twice in entries`)
      this.#entries.push(node)
    }
  }

  /**
   * Gives a worker limits of its own. Workers without may be left out: connecting adds them.
   *
   * @throws GranaryError `INVALID_OPTION`, `INVALID_GRAPH` for one that has limits already
   */
  limit(worker: AnyWorker, policy: Policy): this {
    const node = this.#nodeOf(worker)
    if (this.#policies.has(worker)) throw invalid(`${node.name} has been limited already`)
    checkOptions(`the limit of ${node.name}`, policy, POLICY_OPTIONS)
    this.#policies.set(worker, checkPolicy(node.name, policy, this.#policy))
    return this
  }

  /**
   * Sends what `from` publishes on to `to`: all tasks of the types that it consumes.
   *
   * @throws GranaryError `INVALID_GRAPH` where there is no such type, for a connection that there is already, and for two
   *   workers of one name
   */
  connect<From extends Connectable, To extends Connectable>(from: From, to: To & Carries<From, To>): this {
    const source = this.#nodeOf(from)
    const target = this.#nodeOf(to)
    const targets = this.#connections.get(source) ?? new Set()
    if (targets.has(target)) throw invalid(`${source.name} is connected to ${target.name} already`)
    if (!source.publishes.some((type) => target.accepts.includes(type))) throw cannotCarry(source, target)
    this.#connections.set(source, targets.add(target))
    this.#plan = undefined
    return this
  }

  /**
   * Calls a function with every task of a type that is published in the graph, by whichever worker or join. It is waited
   * for, and what it throws is a failure like a worker's.
   *
   * @throws GranaryError `INVALID_OPTION`
   */
  sink<T extends Task>(type: TypeOf<T>, take: Sink<T>, policy: Policy = {}): this {
    checkType('sink', type)
    if (typeof take !== 'function') {
      throw new GranaryError(
        'INVALID_OPTION',
        'graph.sink takes a type of task and a function: sink(Summary, ({ task }) => …)',
      )
    }
    const before = this.#sinks.filter(({ accepts }) => accepts[0] === type).length
    const name = `sink of ${type.type}${before === 0 ? '' : ` ${before + 1}`}`
    this.#checkName(name)
    checkOptions(name, policy, POLICY_OPTIONS)
    this.#sinks.push({
      name,
      accepts: [type],
      publishes: [],
      policy: checkPolicy(name, policy, this.#policy),
      work: async (delivery, signal) => {
        await untilAborted(() => take(delivery as Delivery<T>, { signal }), signal)
        return []
      },
    })
    this.#plan = undefined
    return this
  }

  /**
   * Keeps every task of these types that is published in the graph, for `result.collected(type)`. It holds them all until
   * the end of the run: for very many, use a sink.
   *
   * @throws GranaryError `INVALID_OPTION`
   */
  collect(...types: readonly TypeOf<Task>[]): this {
    return this.#note('collect', this.#collected, types)
  }

  /**
   * Says that tasks of these types need no consumer. Otherwise a graph in which nothing takes them does not run.
   *
   * @throws GranaryError `INVALID_OPTION`
   */
  ignore(...types: readonly TypeOf<Task>[]): this {
    return this.#note('ignore', this.#ignored, types)
  }

  /**
   * Runs the graph on its inputs until all that comes of them has been worked off. Inputs are taken as there is room for
   * them, one input at a time of an iterable that makes them.
   *
   * Rejects with the signal's reason, with what the iterable throws, with a {@link GraphError} where `onFailure` is
   * `'stop'`, and for misuse; failures of workers are part of the result.
   *
   * @throws GranaryError `INVALID_GRAPH` for a graph in which tasks would be lost, never come, or wait for each other,
   *   `INVALID_TASK` for an input that no entry consumes, `INVALID_OPTION`
   */
  async run(inputs: Inputs<ConsumedBy<Entry>>, options: GraphRunOptions = {}): Promise<GraphResult> {
    checkOptions('graph.run', options, RUN_OPTIONS)
    const { signal, onEvent, onFailure = 'continue', keepFailures = 1_000 } = options
    if (onFailure !== 'continue' && onFailure !== 'stop')
      throw new GranaryError('INVALID_OPTION', "graph.run: onFailure is 'continue' or 'stop'")
    wholeNumber('graph.run', 'keepFailures', keepFailures, 0)
    const plan = this.#prepared()
    // Of an iterable that makes its tasks this is found out as they come.
    if (Array.isArray(inputs)) for (const task of inputs) routeOfInput(plan, task)
    signal?.throwIfAborted()
    const { concurrency } = this.#policy
    const settings = {
      concurrency,
      maxDepth: this.#maxDepth,
      debug: this.#debug,
      stop: onFailure === 'stop',
      signal,
      onEvent,
    }
    const names = plan.places.map(({ node }) => node.name)
    return new GraphRun(plan, new Source(inputs), new Report(names, this.#collected, keepFailures), settings).outcome()
  }

  /** What a run has to know, which does not change under it when the graph does. */
  #prepared(): Plan {
    this.#plan ??= planOf({
      entries: this.#entries,
      nodes: [...this.#nodes.values()],
      connections: this.#connections,
      sinks: this.#sinks,
      collected: this.#collected,
      ignored: this.#ignored,
    })
    return this.#plan
  }

  #note(what: string, noted: Set<TypeOf<Task>>, types: readonly TypeOf<Task>[]): this {
    for (const type of types) {
      checkType(what, type)
      noted.add(type)
    }
    this.#plan = undefined
    return this
  }

  #nodeOf(connectable: Connectable): Node {
    const known = this.#nodes.get(connectable)
    if (known !== undefined) return known
    const node = connectable instanceof Join ? joinNode(connectable) : this.#workNode(connectable)
    this.#checkName(node.name)
    this.#nodes.set(connectable, node)
    this.#plan = undefined
    return node
  }

  #workNode(worker: AnyWorker): WorkNode {
    const { name, inputType, outputTypes } = (worker ?? {}) as Partial<AnyWorker>
    if (typeof name !== 'string' || !isType(inputType) || !Array.isArray(outputTypes) || !outputTypes.every(isType)) {
      throw new GranaryError('INVALID_OPTION', 'a graph connects workers and joins: new Summarize(…) or join({ … })')
    }
    const policyOf = () => this.#policies.get(worker) ?? this.#policy
    return {
      name,
      accepts: [inputType],
      publishes: [...new Set(outputTypes)],
      get policy() {
        return policyOf()
      },
      work: ({ task }, signal) => worker.run(task, { signal }),
    }
  }

  #checkName(name: string): void {
    if ([...this.#nodes.values(), ...this.#sinks].some((node) => node.name === name)) {
      throw invalid(`two of its workers, joins and sinks are named ${name}: give one a name of its own`)
    }
  }
}

function joinNode(join: Join<Task, Task, Task>): Node {
  return { name: join.name, accepts: join.of, publishes: [join.into], join }
}

function cannotCarry(from: Node, to: Node): GranaryError {
  const list = (types: readonly TypeOf<Task>[]) => types.map(({ type }) => type).join(', ') || 'nothing'
  const namesake = from.publishes.find((type) => to.accepts.some((other) => other.type === type.type))
  return invalid(
    namesake === undefined
      ? `${from.name} publishes ${list(from.publishes)}, and ${to.name} consumes ${list(to.accepts)}`
      : `${from.name} and ${to.name} have two types of task named ${namesake.type}: define it once, and import it`,
  )
}

function checkType(what: string, type: unknown): void {
  if (isType(type)) return
  throw new GranaryError('INVALID_OPTION', `graph.${what} takes types of task, as defineTask returns them`)
}
