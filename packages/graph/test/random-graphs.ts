import { defineTask, type TaskOf, type TypeOf } from '@granary/core'
import fc from 'fast-check'
import { z } from 'zod'
import { type AnyWorker, Graph, type GraphEvent, type GraphResult, type Join, join } from '../src/index.js'
import { settled, worker } from './workers.js'

/** A graph as it is drawn at random: types are numbers, joins come after the workers and make a type of their own. */
export interface Drawing {
  readonly workers: readonly DrawnWorker[]
  readonly joins: readonly DrawnJoin[]
  /** Pairs of nodes; those between which nothing can go are left out. */
  readonly edges: readonly (readonly [number, number])[]
  readonly inputs: number
  readonly concurrency: number
  readonly salt: number
}

interface DrawnWorker {
  readonly consumes: number
  readonly publishes: readonly number[]
  /** Tasks that it publishes of each. */
  readonly fan: number
  /** Of 100 tasks, those that it fails on. */
  readonly failing: number
  readonly limit: number
}

interface DrawnJoin {
  readonly per: number
  readonly of: readonly number[]
  readonly tolerant: boolean
}

const TYPES = 3
const MOST_JOINS = 3
export const MAX_DEPTH = 5

const Types = Array.from({ length: TYPES + MOST_JOINS }, (_, i) => defineTask(`t${i}`, z.object({ id: z.string() })))
type Node = TaskOf<(typeof Types)[number]>
const typeOf = (number: number) => Types[number] as TypeOf<Node> & ((data: { id: string }) => Node)

const type = fc.nat({ max: TYPES - 1 })
const node = fc.nat({ max: 8 })
const often = <T>(value: T, other: fc.Arbitrary<T>) => fc.oneof({ weight: 2, arbitrary: fc.constant(value) }, other)

export const drawings: fc.Arbitrary<Drawing> = fc
  .record({
    workers: fc.array(
      fc.record({
        consumes: fc.nat({ max: TYPES + MOST_JOINS - 1 }),
        publishes: fc.uniqueArray(type, { minLength: 1, maxLength: 2 }),
        fan: often(2, fc.nat({ max: 3 })),
        failing: fc.constantFrom(0, 0, 10, 40),
        limit: fc.integer({ min: 1, max: 4 }),
      }),
      { minLength: 3, maxLength: 6 },
    ),
    joins: fc.array(
      fc.record({
        // The type of the inputs, as a rule.
        per: often(-1, type),
        of: fc.uniqueArray(fc.nat({ max: TYPES + MOST_JOINS - 1 }), { minLength: 3 }),
        tolerant: fc.boolean(),
      }),
      { minLength: 1, maxLength: MOST_JOINS },
    ),
    edges: fc.uniqueArray(fc.tuple(node, node), { minLength: 15, maxLength: 40, selector: ([a, b]) => `${a} ${b}` }),
    loops: fc.boolean(),
    inputs: fc.integer({ min: 1, max: 4 }),
    concurrency: fc.integer({ min: 1, max: 6 }),
    salt: fc.nat(),
  })
  .map(({ loops, edges, joins, ...drawing }) => ({
    ...drawing,
    edges: edges.filter(([a, b]) => loops || a < b || a >= drawing.workers.length),
    joins: joins.map(({ per, ...join }) => ({ ...join, per: per < 0 ? (drawing.workers[0]?.consumes ?? 0) : per })),
  }))

/** A drawing without what no task comes to, and with what each node consumes and publishes. */
export interface Sketch {
  readonly drawing: Drawing
  readonly nodes: readonly SketchedNode[]
}

interface SketchedNode {
  readonly name: string
  readonly number: number
  readonly consumes: readonly number[]
  readonly publishes: readonly number[]
  readonly join: DrawnJoin | undefined
  readonly worker: DrawnWorker | undefined
  /** By the numbers of nodes, in their order. */
  readonly targets: SketchedNode[]
}

export function sketch(drawing: Drawing): Sketch {
  const { workers, joins, edges } = drawing
  const all: SketchedNode[] = [
    ...workers.map((worker, i) => ({
      name: `w${i}`,
      number: i,
      consumes: [worker.consumes],
      publishes: worker.publishes,
      worker,
      join: undefined,
      targets: [],
    })),
    ...joins.map((join, i) => ({
      name: `j${i}`,
      number: workers.length + i,
      consumes: join.of.filter((each) => each !== join.per),
      publishes: [TYPES + i],
      worker: undefined,
      join,
      targets: [],
    })),
  ]
  const reached = new Set(all.slice(0, 1))
  for (let before = 0; before < reached.size; ) {
    before = reached.size
    for (const [a, b] of edges) {
      const [from, to] = [all[a], all[b]]
      if (from === undefined || to === undefined || to === all[0] || !reached.has(from) || from.targets.includes(to))
        continue
      if (!from.publishes.some((each) => to.consumes.includes(each))) continue
      from.targets.push(to)
      reached.add(to)
    }
  }
  // A join may only wait for types that come to it.
  const nodes = [...reached].map((each) =>
    Object.assign(each, {
      consumes: each.consumes.filter(
        (type) =>
          each.worker !== undefined ||
          [...reached].some((from) => from.targets.includes(each) && from.publishes.includes(type)),
      ),
    }),
  )
  for (const each of nodes) each.targets.sort((a, b) => a.number - b.number)
  return { drawing, nodes: nodes.sort((a, b) => a.number - b.number) }
}

/** What a drawn worker does is decided by the task and the salt: nothing else may matter. */
export function fate({ drawing }: Sketch, { name, worker }: SketchedNode, id: string): number | 'fails' {
  let hash = drawing.salt | 0
  for (const char of `${name} ${id}`) hash = (Math.imul(hash, 31) + char.charCodeAt(0)) | 0
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d) >>> 0
  if (hash % 100 < (worker?.failing ?? 0)) return 'fails'
  return worker?.fan ?? 0
}

export const outputsOf = (publishes: readonly number[], fan: number, parent: string, name: string) =>
  publishes.flatMap((type) => Array.from({ length: fan }, (_, i) => ({ type, id: `${parent}/${name}:${type}.${i}` })))

export interface Played {
  readonly result: GraphResult | undefined
  readonly error: unknown
  readonly events: readonly GraphEvent[]
  /** Parts that each join was given, by join and origin, in their order; one item for each call. */
  readonly joined: readonly string[]
  /** Most that were worked on at once, in all and by each worker. */
  readonly most: ReadonlyMap<string, number>
  readonly collected: readonly string[]
}

/** Builds the graph and runs it; `hold` decides how long each work takes, in turns of the event loop. */
export async function play(
  drawn: Sketch,
  hold: () => number,
  { signal, onEvent }: { signal?: AbortSignal; onEvent?: (event: GraphEvent) => void } = {},
): Promise<Played> {
  const working = new Map<string, number>()
  const most = new Map<string, number>()
  const change = (name: string, by: number) => {
    for (const each of [name, 'all']) {
      const now = (working.get(each) ?? 0) + by
      working.set(each, now)
      most.set(each, Math.max(most.get(each) ?? 0, now))
    }
  }
  const joined: string[] = []
  const made = new Map<SketchedNode, AnyWorker | Join<Node, Node, Node>>()
  for (const each of drawn.nodes) {
    const { name, join: drawnJoin, publishes, consumes } = each
    if (drawnJoin !== undefined) {
      made.set(
        each,
        join({
          name,
          per: typeOf(drawnJoin.per),
          of: consumes.map(typeOf),
          into: typeOf(publishes[0] as number),
          incomplete: drawnJoin.tolerant ? 'join' : 'skip',
          combine: ({ origin, parts }) => {
            joined.push(`${name} ${origin.id} = ${parts.map(({ id }) => id).join(' ')}`)
            return typeOf(publishes[0] as number)({ id: `${origin.id}/${name}` })
          },
        }),
      )
      continue
    }
    made.set(
      each,
      worker({
        name,
        from: typeOf(consumes[0] as number),
        to: publishes.map(typeOf),
        async work({ id }, run) {
          change(name, 1)
          try {
            for (let turns = hold(); turns > 0; turns--) await settled()
            const does = fate(drawn, each, id)
            if (does === 'fails') throw new Error(`${name} ${id}`)
            for (const output of outputsOf(publishes, does, id, name))
              run.publishWork(typeOf(output.type)({ id: output.id }))
          } finally {
            change(name, -1)
          }
        },
      }) as unknown as AnyWorker,
    )
  }
  const [first] = drawn.nodes as [SketchedNode]
  const entry = made.get(first) as AnyWorker
  const graph = new Graph({
    entries: [entry],
    concurrency: drawn.drawing.concurrency,
    maxDepth: MAX_DEPTH,
    debug: true,
  })
  for (const [each, connectable] of made) {
    // Added in the order of their numbers: it is what orders the parts of a join.
    if (each.worker !== undefined) graph.limit(connectable as AnyWorker, { concurrency: each.worker.limit })
  }
  for (const each of drawn.nodes)
    for (const target of each.targets) graph.connect(made.get(each) as AnyWorker, made.get(target) as AnyWorker)
  const types = [...new Set(drawn.nodes.flatMap(({ publishes }) => publishes))]
  graph.collect(...types.map(typeOf))
  const events: GraphEvent[] = []
  const inputs = inputIds(drawn).map((id) => typeOf(first.consumes[0] as number)({ id }))
  const options = {
    ...(signal === undefined ? {} : { signal }),
    onEvent: (event: GraphEvent) => {
      events.push(event)
      onEvent?.(event)
    },
  }
  const done = { events, joined, most }
  try {
    const result = await graph.run(inputs, options)
    const collected = types.flatMap((number) => result.collected(typeOf(number)).map(({ id }) => id))
    return { ...done, result, collected, error: undefined }
  } catch (error) {
    return { ...done, result: undefined, collected: [], error }
  }
}

export function inputIds({ drawing }: Sketch): string[] {
  return Array.from({ length: drawing.inputs }, (_, i) => `in${i}`)
}
