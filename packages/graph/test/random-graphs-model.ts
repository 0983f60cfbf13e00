import { fate, inputIds, MAX_DEPTH, outputsOf, type Sketch } from './random-graphs.js'

type Node = Sketch['nodes'][number]

interface Published {
  readonly id: string
  readonly type: number
  readonly depth: number
  readonly consumers: readonly Node[]
}

/** What has come to each join, and is missing there, outside of the scopes that were closed within. */
interface Gathered {
  readonly parts: Map<Node, string[]>
  readonly missing: Map<Node, number>
}

/** What is to happen: said by plain recursion, one task at a time, with no counting, queue or order of finishing. */
export interface Expected {
  readonly done: string[]
  readonly failed: string[]
  /** As `joined` of a played graph, with the parts sorted. */
  readonly joined: string[]
  readonly skipped: string[]
  readonly collected: string[]
  readonly succeeded: number
  /** Parts that came to a join outside of all its scopes: such a graph is refused. */
  readonly stray: number
}

const LIMIT = 1_500

/** `undefined` where it would be too much. */
export function expectedOf(drawn: Sketch): Expected | undefined {
  const expected = {
    done: [] as string[],
    failed: [] as string[],
    joined: [] as string[],
    skipped: [] as string[],
    collected: [] as string[],
  }
  let bad = false

  const consumersOf = (from: Node, type: number) => from.targets.filter(({ consumes }) => consumes.includes(type))

  /** Pairs of a node and a join: what the node publishes can become a part, or open what does, in the scope it is made in. */
  const leading = new Set<string>()
  const leads = (from: Node, target: Node) => leading.has(`${from.name} ${target.name}`)
  const opened = (type: number, consumers: readonly Node[]) => {
    const found: Node[] = []
    for (const _ of drawn.nodes) {
      const within = [...consumers.filter(({ join }) => !join), ...found]
      for (const node of drawn.nodes)
        if (node.join?.per === type && !found.includes(node) && within.some((each) => leads(each, node)))
          found.push(node)
    }
    return found
  }
  for (const _ of [...drawn.nodes, ...drawn.nodes, ...drawn.nodes]) {
    for (const from of drawn.nodes) {
      for (const target of drawn.nodes.filter(({ join }) => join)) {
        for (const type of from.publishes.filter((each) => each !== target.join?.per)) {
          const consumers = consumersOf(from, type)
          const further = [...consumers.filter(({ join }) => !join), ...opened(type, consumers)]
          if (consumers.includes(target) || further.some((next) => leads(next, target)))
            leading.add(`${from.name} ${target.name}`)
        }
      }
    }
  }

  const misses = (from: Node, into: Gathered, count = 1) => {
    bad = true
    for (const target of drawn.nodes)
      if (target.join && leads(from, target)) into.missing.set(target, (into.missing.get(target) ?? 0) + count)
  }

  const add = (into: Gathered, more: Gathered) => {
    for (const [target, parts] of more.parts) into.parts.set(target, [...(into.parts.get(target) ?? []), ...parts])
    for (const [target, count] of more.missing) into.missing.set(target, (into.missing.get(target) ?? 0) + count)
  }

  const publish = (from: Node, parent: Published, id: string, type: number): Gathered => {
    expected.collected.push(id)
    return visit({ id, type, depth: parent.depth + 1, consumers: consumersOf(from, type) })
  }

  const visit = (published: Published): Gathered => {
    if (expected.done.length + expected.failed.length > LIMIT) throw new RangeError('too much')
    const { id, type, depth, consumers } = published
    const gathered: Gathered = { parts: new Map(), missing: new Map() }
    for (const consumer of consumers) {
      if (consumer.join) {
        add(gathered, { parts: new Map([[consumer, [id]]]), missing: new Map() })
        continue
      }
      const does = depth >= MAX_DEPTH ? 'fails' : fate(drawn, consumer, id)
      if (does === 'fails') {
        expected.failed.push(`${consumer.name} ${id}`)
        misses(consumer, gathered)
        continue
      }
      expected.done.push(`${consumer.name} ${id}`)
      for (const output of outputsOf(consumer.publishes, does, id, consumer.name))
        add(gathered, publish(consumer, published, output.id, output.type))
    }
    const waiting = opened(type, consumers)
    while (waiting.length > 0) {
      const next = waiting.find((node) => !waiting.some((other) => other !== node && leads(other, node)))
      // Joins that wait for each other: such a graph is refused.
      if (next === undefined) throw new RangeError('stuck')
      waiting.splice(waiting.indexOf(next), 1)
      const parts = gathered.parts.get(next) ?? []
      const missing = gathered.missing.get(next) ?? 0
      gathered.parts.delete(next)
      gathered.missing.delete(next)
      if (missing > 0 && !next.join?.tolerant) {
        expected.skipped.push(`${next.name} ${id}`)
        misses(next, gathered, missing)
      } else if (depth >= MAX_DEPTH) {
        expected.failed.push(`${next.name} ${id}`)
        misses(next, gathered)
      } else {
        expected.joined.push(`${next.name} ${id} = ${parts.sort().join(' ')}`)
        add(gathered, publish(next, published, `${id}/${next.name}`, next.publishes[0] as number))
      }
    }
    return gathered
  }

  let succeeded = 0
  let stray = 0
  const [entry] = drawn.nodes as [Node]
  try {
    for (const id of inputIds(drawn)) {
      bad = false
      const left = visit({ id, type: entry.consumes[0] as number, depth: 0, consumers: [entry] })
      stray += left.parts.size
      if (!bad) succeeded++
    }
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
  return { ...expected, succeeded, stray }
}
