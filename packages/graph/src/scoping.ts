import type { Task, TypeOf } from '@granary/core'
import { consumersOf, invalid, type Layout } from './layout.js'
import { isJoin, type JoinNode, type Node } from './node.js'

/**
 * Which joins wait for what. A task of a join's type `per` opens a scope: all that comes of it, but for what comes of
 * another such task below it. The parts of a join are gathered by scope, and what it makes of them is in the scopes that
 * the task itself is in.
 */
export class Scoping {
  readonly #layout: Layout
  readonly #nodes: readonly Node[]
  readonly #joins: readonly JoinNode[]
  readonly #leading: ReadonlyMap<JoinNode, Set<Node>>

  constructor(layout: Layout, nodes: readonly Node[]) {
    this.#layout = layout
    this.#nodes = nodes
    this.#joins = nodes.filter(isJoin)
    this.#leading = new Map(this.#joins.map((join) => [join, new Set()]))
    for (let grown = true; grown; ) {
      grown = false
      for (const [join, leading] of this.#leading) {
        for (const node of nodes) {
          if (leading.has(node) || !this.#canReach(node, join)) continue
          leading.add(node)
          grown = true
        }
      }
    }
  }

  /** Can what this node publishes become a part of the join, or open what becomes one, in the scope that the node works in? */
  leads(node: Node, join: JoinNode): boolean {
    return this.#leading.get(join)?.has(node) === true
  }

  /** The joins for which a task of this type opens a scope, given who consumes it. */
  opens(type: TypeOf<Task>, consumers: readonly Node[]): readonly JoinNode[] {
    const candidates = this.#joins.filter(({ join }) => join.per === type)
    const opened = new Set<JoinNode>()
    for (let before = -1; before < opened.size; ) {
      before = opened.size
      // A join among the consumers gathers the task in a scope that was opened before.
      const within = [...consumers.filter((node) => !isJoin(node)), ...opened]
      for (const join of candidates) if (within.some((node) => this.leads(node, join))) opened.add(join)
    }
    return [...opened]
  }

  #canReach(node: Node, join: JoinNode): boolean {
    return node.publishes.some((type) => {
      if (type === join.join.per) return false
      const consumers = consumersOf(this.#layout, node, type)
      return (
        consumers.includes(join) ||
        consumers.some((next) => !isJoin(next) && this.leads(next, join)) ||
        this.opens(type, consumers).some((inner) => this.leads(inner, join))
      )
    })
  }

  /**
   * Refuses joins that could get a part that did not come from a task of their type, and joins that wait for each other.
   *
   * @throws GranaryError `INVALID_GRAPH`
   */
  check(): void {
    for (const join of this.#joins) {
      const stray = this.#strayTo(join)
      if (stray !== undefined) {
        throw invalid(
          `${stray.type} tasks can come to join ${join.name} that came from no ${join.join.per.type} task, or from one that it has joined already`,
        )
      }
      if (this.#awaitedBy(join).has(join)) {
        throw invalid(`join ${join.name} waits for another that waits for it`)
      }
    }
  }

  /** All joins that wait for this one, and for those. */
  #awaitedBy(join: JoinNode): ReadonlySet<JoinNode> {
    const waiting = new Set<JoinNode>()
    const visit = (from: JoinNode) => {
      for (const next of this.#joins) {
        if (waiting.has(next) || next.join.per !== join.join.per || !this.leads(from, next)) continue
        waiting.add(next)
        visit(next)
      }
    }
    visit(join)
    return waiting
  }

  /** A type of task that can come to a join outside all of its scopes. */
  #strayTo(target: JoinNode): TypeOf<Task> | undefined {
    const { per } = target.join
    const { entries } = this.#layout
    /** Nodes that can publish outside of all scopes. What a join has made is outside of the scope that it closed. */
    const outside = new Set<Node>([target])
    const fromOutside = (type: TypeOf<Task>) =>
      [...entries.flatMap(({ accepts }) => accepts), ...[...outside].flatMap(({ publishes }) => publishes)].includes(
        type,
      )
    const consumesOutside = (node: Node) =>
      (entries.includes(node) && !node.accepts.includes(per)) ||
      [...outside].some((from) => this.#reaches(from, node, per))
    const publishesOutside = (node: Node) =>
      isJoin(node) ? node.join.per !== per && fromOutside(node.join.per) : consumesOutside(node)
    for (let before = 0; before < outside.size; ) {
      before = outside.size
      for (const node of this.#nodes) if (publishesOutside(node)) outside.add(node)
    }
    for (const from of outside) {
      const type = this.#reaches(from, target, per)
      if (type !== undefined) return type
    }
    return undefined
  }

  /** A type of task that goes from one node to another without opening a scope. */
  #reaches(from: Node, to: Node, per: TypeOf<Task>): TypeOf<Task> | undefined {
    return from.publishes.find((type) => type !== per && consumersOf(this.#layout, from, type).includes(to))
  }
}
