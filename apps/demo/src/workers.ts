import type { Cache } from '@granary/core'
import type { Model } from '@granary/llm'
import { AnalyseWorker } from './analyse-worker.js'
import { CompareWorker } from './compare-worker.js'
import { ReadWorker } from './read-worker.js'
import { SketchWorker } from './sketch-worker.js'
import { SummarizeWorker } from './summarize-worker.js'

/** The workers whose results are kept, in the order of the work. */
export interface Workers {
  readonly read: ReadWorker
  readonly analyse: AnalyseWorker
  readonly sketch: SketchWorker
  readonly compare: CompareWorker
  readonly summarize: SummarizeWorker
}

export function workersOf(cache: Cache, model: Model): Workers {
  return {
    read: new ReadWorker({ cache }),
    analyse: new AnalyseWorker({ cache }),
    sketch: new SketchWorker({ cache }),
    compare: new CompareWorker({ cache }),
    summarize: new SummarizeWorker({ cache, model }),
  }
}

/** The workers that count in their own function; what a model was asked is told with the summaries. */
export function countingWorkers({ read, analyse, sketch, compare }: Workers) {
  return [read, analyse, sketch, compare]
}
