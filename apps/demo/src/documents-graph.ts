import { Graph, type Joined, join } from '@granary/graph'
import { Analysis } from './analyse-worker.js'
import { Sketches } from './compare-worker.js'
import { ListWorker, LookWorker, Paths } from './look-worker.js'
import { Longest, PickWorker } from './pick-worker.js'
import { Document, File } from './read-worker.js'
import { Sketch } from './sketch-worker.js'
import type { Workers } from './workers.js'

/** A model that costs money is asked about a few documents only. */
const SUMMARIZED = 3

/**
 * The way of the documents:
 *
 *     list → look → read ┬→ analyse → (longest) → pick → summarize
 *                        └→ sketch → (sketches) → compare
 *
 * Those in parentheses wait for all that came of the corpus; what failed on the way is left out.
 *
 * One task at a time: the work keeps the processor busy, and a worker's time is taken by the clock on the wall, so that of
 * two that take turns each would be charged for the other.
 */
export function documentsGraph({ read, analyse, sketch, compare, summarize }: Workers): Graph<ListWorker> {
  const [list, look, pick] = [new ListWorker(), new LookWorker(), new PickWorker()] as const
  const longest = join({
    name: 'longest',
    per: Paths,
    of: [Analysis],
    into: Longest,
    combine: longestOf,
    incomplete: 'join',
  })
  const sketches = join({
    name: 'sketches',
    per: Paths,
    of: [Sketch],
    into: Sketches,
    combine: allOf,
    incomplete: 'join',
  })
  // Events say what they are about: the report shows which document took how long.
  return new Graph({ entries: [list], concurrency: 1, debug: true })
    .connect(list, look)
    .connect(look, read)
    .connect(read, analyse)
    .connect(read, sketch)
    .connect(analyse, longest)
    .connect(longest, pick)
    .connect(pick, summarize)
    .connect(sketch, sketches)
    .connect(sketches, compare)
}

/** Picks by words. Equal texts are one, and of texts that are as long the first goes first. */
function longestOf({ deliveries }: Joined<Paths, Analysis>): Longest {
  const found = new Map<string, { path: string; text: string; words: number }>()
  for (const delivery of deliveries) {
    const { path } = delivery.origin(File) as File
    const { text } = delivery.origin(Document) as Document
    if (!found.has(text)) found.set(text, { path, text, words: delivery.task.words })
  }
  const longest = [...found.values()].sort((a, b) => b.words - a.words).slice(0, SUMMARIZED)
  return Longest({ documents: longest.map(({ path, text }) => ({ path, text })) })
}

function allOf({ parts }: Joined<Paths, Sketch>): Sketches {
  return Sketches({ signatures: [...new Set(parts.map(({ signature }) => signature))].filter(Boolean) })
}
