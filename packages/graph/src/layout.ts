import { GranaryError, type Task, type TypeOf } from '@granary/core'
import type { Node } from './node.js'

/** What a graph was told. */
export interface Layout {
  readonly entries: readonly Node[]
  readonly nodes: readonly Node[]
  readonly connections: ReadonlyMap<Node, ReadonlySet<Node>>
  readonly sinks: readonly Node[]
  readonly collected: ReadonlySet<TypeOf<Task>>
  readonly ignored: ReadonlySet<TypeOf<Task>>
}

/** Who gets what `node` publishes of this type, in the order of connecting, then sinks. */
export function consumersOf(layout: Layout, node: Node, type: TypeOf<Task>): readonly Node[] {
  if (!node.publishes.includes(type)) return []
  const connected = [...(layout.connections.get(node) ?? []), ...layout.sinks]
  return connected.filter(({ accepts }) => accepts.includes(type))
}

/** Every node that inputs lead to, upstream before downstream, but for what closes a circle. */
export function inOrder(layout: Layout): readonly Node[] {
  const seen = new Set<Node>()
  const done: Node[] = []
  const visit = (node: Node) => {
    if (seen.has(node)) return
    seen.add(node)
    for (const type of node.publishes.toReversed())
      for (const next of consumersOf(layout, node, type).toReversed()) visit(next)
    done.push(node)
  }
  for (const entry of layout.entries.toReversed()) visit(entry)
  return done.reverse()
}

/**
 * Refuses a graph in which tasks would be lost, or never come.
 *
 * @throws GranaryError `INVALID_GRAPH`
 */
export function checkLayout(layout: Layout, reached: readonly Node[]): void {
  const idle = [...layout.nodes, ...layout.sinks].filter((node) => !reached.includes(node))
  if (idle.length > 0) {
    throw invalid(`no task ever comes to ${names(idle)}: connect what publishes for it, or name it in entries`)
  }
  for (const node of reached) {
    for (const type of node.publishes) {
      if (layout.collected.has(type) || layout.ignored.has(type) || consumersOf(layout, node, type).length > 0) continue
      throw invalid(
        `${node.name} publishes ${type.type} tasks, which nothing takes: connect a worker, or say sink, collect or ignore`,
      )
    }
    for (const type of node.accepts) {
      if (layout.entries.includes(node) || reached.some((from) => consumersOf(layout, from, type).includes(node)))
        continue
      throw invalid(`${node.name} waits for ${type.type} tasks, and nothing that is connected to it publishes them`)
    }
  }
  const published = new Set(reached.flatMap(({ publishes }) => publishes))
  for (const type of [...layout.collected, ...layout.ignored]) {
    if (!published.has(type)) throw invalid(`nothing publishes the ${type.type} tasks that are collected or ignored`)
  }
}

export function invalid(message: string): GranaryError {
  return new GranaryError('INVALID_GRAPH', `graph: ${message}`)
}

function names(nodes: readonly Node[]): string {
  return nodes.map(({ name }) => name).join(', ')
}
