import { GranaryError } from '@granary/core'
import type { Delivery, Failure, GraphEvent, GraphResult, WorkEvent } from '@granary/graph'
import { Analysis } from './analyse-worker.js'
import { Likenesses, Sketches } from './compare-worker.js'
import { documentsGraph } from './documents-graph.js'
import { Path, Paths } from './look-worker.js'
import { type Group, groupsOf } from './near-duplicates.js'
import { Longest } from './pick-worker.js'
import { Document, File } from './read-worker.js'
import { Sketch } from './sketch-worker.js'
import { Summary } from './summarize-worker.js'
import type { Workers } from './workers.js'

export interface Finding {
  readonly file: File
  readonly analysis: Analysis
}

export interface Skipped {
  readonly path: string
  readonly reason: string
}

/** A summary, or why there is none. */
type Summarized = { readonly path: string } & ({ readonly summary: string } | { readonly reason: string })

/** What one worker did for one file, or for all of them: milliseconds since the run began. */
export interface Span {
  readonly worker: string
  readonly path: string | undefined
  readonly from: number
  readonly to: number
}

export interface Outcome {
  readonly findings: readonly Finding[]
  readonly skipped: readonly Skipped[]
  readonly groups: readonly Group[]
  readonly summaries: readonly Summarized[]
  readonly spans: readonly Span[]
  readonly tookMs: number
}

/**
 * Takes documents through the graph; `onFile` is called for each that was analysed or skipped.
 *
 * @throws GranaryError where this program uses the cache wrongly: one bad file is no reason to leave the others, that is
 */
export async function runPipeline(
  paths: readonly string[],
  workers: Workers,
  signal: AbortSignal,
  onFile: (outcome: 'analysed' | 'skipped') => void,
): Promise<Outcome> {
  const findings: Finding[] = []
  const summaries: Summarized[] = []
  const spans: Span[] = []
  const pathsBySignature = new Map<string, string[]>()
  let groups: Group[] = []
  const began = performance.now()
  const graph = documentsGraph(workers)
    .sink(Analysis, (delivery) => {
      findings.push({ file: delivery.origin(File) as File, analysis: delivery.task })
      onFile('analysed')
    })
    .sink(Sketch, (delivery) => {
      const { path } = delivery.origin(File) as File
      const alike = pathsBySignature.get(delivery.task.signature)
      if (alike === undefined) pathsBySignature.set(delivery.task.signature, [path])
      else alike.push(path)
    })
    .sink(Likenesses, (delivery) => {
      groups = groupsOf(pathsBySignature, delivery.origin(Sketches) as Sketches, delivery.task)
    })
    .sink(Summary, (delivery) => {
      const path = summarizedIn(delivery.origin(Longest), delivery.origin(Document))
      summaries.push({ path, summary: delivery.task.summary })
    })
  const onEvent = (event: GraphEvent) => {
    if (event.type === 'fail' && PER_FILE.has(event.worker)) onFile('skipped')
    if (event.type === 'done' && !event.worker.startsWith('sink '))
      spans.push(spanOf(event, event.ms, performance.now() - began))
  }
  const result = await graph.run([Paths({ paths: [...paths] })], { signal, onEvent, keepFailures: paths.length + 1 })
  throwMisuse(result)
  const { skipped, unsummarized } = whatFailed(result)
  const tookMs = performance.now() - began
  return { findings, skipped, groups, summaries: [...summaries, ...unsummarized], spans, tookMs }
}

/** Where these fail, there is no analysis of a file. */
const PER_FILE = new Set(['look', 'read', 'analyse'])

function throwMisuse({ failures }: GraphResult): void {
  for (const { error, worker } of failures) if (error instanceof GranaryError && worker !== 'summarize') throw error
}

function whatFailed({ failures }: GraphResult): { skipped: Skipped[]; unsummarized: Summarized[] } {
  const skipped = failures.filter(({ worker }) => PER_FILE.has(worker)).map(skippedBy)
  const unsummarized = failures
    .filter(({ worker }) => worker === 'summarize')
    .map(({ delivery, error }) => ({
      path: summarizedIn(delivery.origin(Longest), delivery.task as Document),
      reason: (error as Error).message,
    }))
  return { skipped, unsummarized }
}

function skippedBy({ delivery, error }: Failure): Skipped {
  return { path: pathOf(delivery) ?? '', reason: (error as Error).message }
}

function spanOf({ worker, delivery }: WorkEvent, ms: number, to: number): Span {
  return { worker, path: pathOf(delivery), from: to - ms, to }
}

/** Where the file is that a task came from; `undefined` for what came of many. */
function pathOf(delivery: Delivery | undefined): string | undefined {
  return (Path.is(delivery?.task) ? delivery.task : delivery?.origin(Path))?.path
}

/** A text does not know what file it came from: the list that it was picked from does. */
function summarizedIn(longest: Longest | undefined, document: Document | undefined): string {
  return longest?.documents.find(({ text }) => text === document?.text)?.path ?? ''
}
