import { setImmediate } from 'node:timers/promises'
import { GranaryError } from 'granary'
import type { AnalyseWorker, Analysis } from './analyse-worker.js'
import { type File, fileAt, type ReadWorker } from './read-worker.js'

export interface Workers {
  readonly read: ReadWorker
  readonly analyse: AnalyseWorker
}

export interface Finding {
  readonly file: File
  readonly analysis: Analysis
}

export interface Skipped {
  readonly path: string
  readonly reason: string
}

/**
 * Takes files through both workers, telling of each one.
 *
 * One at a time: the work keeps the processor busy, and a worker's time is taken by the clock on the wall, so that of
 * two that take turns each would be charged for the other.
 */
export async function* analyseAll(
  paths: readonly string[],
  workers: Workers,
  signal: AbortSignal,
): AsyncGenerator<Finding | Skipped> {
  for (const path of paths) {
    await setImmediate()
    signal.throwIfAborted()
    yield await analyseOne(path, workers, signal)
  }
}

async function analyseOne(path: string, { read, analyse }: Workers, signal: AbortSignal): Promise<Finding | Skipped> {
  try {
    const file = await fileAt(path)
    const [document] = await read.run(file, { signal })
    if (document === undefined) throw new Error('the reader published nothing')
    const [analysis] = await analyse.run(document, { signal })
    if (analysis === undefined) throw new Error('the analyst published nothing')
    return { file, analysis }
  } catch (error) {
    // One bad file is no reason to leave the others; a mistake in this program is.
    if (signal.aborted || error instanceof GranaryError) throw error
    return { path, reason: (error as Error).message }
  }
}
