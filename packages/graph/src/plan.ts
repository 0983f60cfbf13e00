import { GranaryError, type Task, type TypeOf } from '@granary/core'
import { checkLayout, consumersOf, inOrder, type Layout } from './layout.js'
import { isJoin, type JoinNode, type Node, type WorkNode } from './node.js'
import { Scoping } from './scoping.js'

/** A node at its place in a graph that was found to be sound: all that a run has to know of it. */
export interface Place<N extends Node = Node> {
  readonly node: N
  /** Upstream before downstream. */
  readonly order: number
  /** When it was added to the graph: the order among what several workers made of one task. */
  readonly rank: number
  readonly routes: Map<TypeOf<Task>, Route>
  /** What takes the node's tasks, and is further on. */
  readonly downstream: Place[]
  /** Joins that wait while this node works, and miss a part when it fails, by their numbers. */
  readonly leadsTo: readonly number[]
  /** The number of a join. */
  readonly number: number
}

/** The way of one type of task from one node, or from the inputs. */
export interface Route {
  readonly works: readonly Place<WorkNode>[]
  readonly joins: readonly Place<JoinNode>[]
  readonly collected: boolean
  /** Joins that wait for what comes of such a task. */
  readonly opens: readonly Place<JoinNode>[]
}

export interface Plan {
  readonly places: readonly Place[]
  readonly joins: readonly Place<JoinNode>[]
  /** The ways of inputs. */
  readonly inputs: ReadonlyMap<TypeOf<Task>, Route>
}

/** @throws GranaryError `INVALID_GRAPH` for a graph in which tasks would be lost, never come, or wait for each other */
export function planOf(layout: Layout): Plan {
  const nodes = inOrder(layout)
  checkLayout(layout, nodes)
  const scoping = new Scoping(layout, nodes)
  scoping.check()

  const joinNodes = nodes.filter(isJoin)
  const places = nodes.map(
    (node, order): Place => ({
      node,
      order,
      rank: layout.nodes.indexOf(node),
      routes: new Map(),
      downstream: [],
      leadsTo: [...joinNodes.keys()].filter((number) => scoping.leads(node, joinNodes[number] as JoinNode)),
      number: joinNodes.indexOf(node as JoinNode),
    }),
  )
  const joins = places.filter(({ node }) => isJoin(node)) as Place<JoinNode>[]
  const works = places.filter(({ node }) => !isJoin(node)) as Place<WorkNode>[]

  const placesOf = <N extends Node>(among: readonly Place<N>[], chosen: readonly Node[]) =>
    chosen.flatMap((node) => among.filter((place) => place.node === node))
  const route = (type: TypeOf<Task>, consumers: readonly Node[], collected: boolean): Route => ({
    works: placesOf(works, consumers),
    joins: placesOf(joins, consumers),
    collected,
    opens: placesOf(joins, scoping.opens(type, consumers)),
  })
  for (const place of places) {
    for (const type of place.node.publishes) {
      const way = route(type, consumersOf(layout, place.node, type), layout.collected.has(type))
      place.routes.set(type, way)
      for (const next of way.works)
        if (next.order > place.order && !place.downstream.includes(next)) place.downstream.push(next)
    }
  }
  const inputTypes = new Set(layout.entries.flatMap(({ accepts }) => accepts))
  const takers = (type: TypeOf<Task>) => layout.entries.filter(({ accepts }) => accepts.includes(type))
  const inputs = new Map([...inputTypes].map((type) => [type, route(type, takers(type), false)]))
  return { places, joins, inputs }
}

/** The way of a task, by its type. */
export function routeOf(routes: ReadonlyMap<TypeOf<Task>, Route>, task: Task): Route | undefined {
  for (const [type, route] of routes) if (type.is(task)) return route
  return undefined
}

/** @throws GranaryError `INVALID_TASK` for a task that no entry consumes */
export function routeOfInput({ inputs }: Plan, task: Task): Route {
  const route = routeOf(inputs, task)
  if (route !== undefined) return route
  const types = Array.from(inputs.keys(), ({ type }) => type).join(', ')
  throw new GranaryError('INVALID_TASK', `the graph's entries consume ${types} tasks: make one with its task type`)
}
