import type { Cache, CacheStats } from '@granary/core'
import type { Model, Savings } from '@granary/llm'
import type { Corpus } from './corpus.js'
import type { Volume } from './layers.js'
import type { Outcome } from './pipeline.js'
import { type RunRecord, withRunsBefore } from './runs.js'
import { countingWorkers, type Workers } from './workers.js'

/** All that is known at the end of a run. */
export interface Facts {
  readonly corpus: Corpus
  readonly outcome: Outcome
  readonly model: Model
  /** What was asked of the model in this run. */
  readonly asked: Savings
  /** Of each cached worker, by its name. */
  readonly stats: ReadonlyMap<string, CacheStats>
  /** How often the workers' own functions ran, as they count it themselves. */
  readonly computations: ReadonlyMap<string, number>
  /** What the cache, and each of its layers, did in this run. */
  readonly whole: CacheStats
  readonly volume: Volume
  readonly run: RunRecord
  /** The runs so far, this one last. */
  readonly runs: readonly RunRecord[]
}

interface Given {
  readonly cache: Cache
  readonly volume: Volume
  readonly corpus: Corpus
  readonly workers: Workers
  readonly model: Model
  readonly outcome: Outcome
}

export async function gatherFacts({ cache, workers, ...given }: Given): Promise<Facts> {
  const all: Workers[keyof Workers][] = Object.values(workers)
  const stats = new Map<string, CacheStats>()
  for (const worker of all) stats.set(worker.name, await worker.cacheStats())
  const counting = countingWorkers(workers)
  const computations = new Map(counting.map(({ name, computations }) => [name, computations]))
  const sumOf = (what: 'hits' | 'savedMs') =>
    counting.reduce((sum, { name }) => sum + (stats.get(name)?.[what] ?? 0), 0)
  const run: RunRecord = {
    at: Date.now(),
    tookMs: given.outcome.tookMs,
    computed: [...computations.values()].reduce((sum, count) => sum + count, 0),
    replayed: sumOf('hits'),
    savedMs: sumOf('savedMs'),
  }
  const whole = await cache.stats()
  const asked = await workers.summarize.savings()
  return { ...given, stats, computations, whole, asked, run, runs: await withRunsBefore(cache, given.corpus.root, run) }
}
