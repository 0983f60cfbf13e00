import { GranaryError } from './errors.js'
import { checkOptions } from './options.js'

export interface WarmUpOptions<Task> {
  /** Tasks at work at a time: a whole number above 0. Default: 4. */
  readonly concurrency?: number
  /** Called after each task. */
  readonly onProgress?: (progress: WarmUp<Task>) => void
  /** Ends the warm-up: no more tasks are begun, those at work are aborted, and it rejects with the signal's reason. */
  readonly signal?: AbortSignal
}

/** What a warm-up has done so far. */
export interface WarmUp<Task> {
  /** Tasks that were dealt with: `computed + cached + skipped + failed.length`. */
  readonly done: number
  /** How many there are, where the tasks were given as an array or a set. */
  readonly total: number | undefined
  readonly computed: number
  /** Were in the cache already, or being computed by somebody else. */
  readonly cached: number
  /** Are not to be cached (`shouldCache`). */
  readonly skipped: number
  readonly failed: readonly { readonly task: Task; readonly error: unknown }[]
}

/** What became of one task. */
export type Warmed = 'computed' | 'cached' | 'skipped'

type Tasks<Task> = Iterable<Task> | AsyncIterable<Task>

const OPTIONS = ['concurrency', 'onProgress', 'signal']

/**
 * Gives tasks to `one`, a few at a time, and counts what became of them. A task that fails is in the answer and ends
 * nothing.
 *
 * @throws GranaryError `INVALID_OPTION`; the signal's reason
 */
export async function warmUp<Task>(
  tasks: Tasks<Task>,
  options: WarmUpOptions<Task>,
  one: (task: Task) => Promise<Warmed>,
): Promise<WarmUp<Task>> {
  checkOptions('warmCache', options, OPTIONS)
  const { concurrency = 4, onProgress, signal } = options
  if (!Number.isInteger(concurrency) || concurrency < 1)
    throw new GranaryError('INVALID_OPTION', `warmCache: concurrency is a whole number above 0, not ${concurrency}`)
  const counts = { computed: 0, cached: 0, skipped: 0 }
  const failed: { task: Task; error: unknown }[] = []
  const total = sizeOf(tasks)
  const progress = (): WarmUp<Task> => {
    const { computed, cached, skipped } = counts
    return { done: computed + cached + skipped + failed.length, total, ...counts, failed: [...failed] }
  }

  const rest = iteratorOf(tasks)
  const lane = async (): Promise<void> => {
    for (;;) {
      signal?.throwIfAborted()
      const { value: task, done } = await rest.next()
      if (done === true) return
      try {
        counts[await one(task)]++
      } catch (error) {
        signal?.throwIfAborted()
        failed.push({ task, error })
      }
      onProgress?.(progress())
    }
  }
  try {
    await Promise.all(Array.from({ length: concurrency }, lane))
  } finally {
    await rest.return?.()
  }
  return progress()
}

function sizeOf(tasks: Tasks<unknown>): number | undefined {
  if (Array.isArray(tasks)) return tasks.length
  return tasks instanceof Set ? tasks.size : undefined
}

function iteratorOf<Task>(tasks: Tasks<Task>): Iterator<Task> | AsyncIterator<Task> {
  const { [Symbol.asyncIterator]: later, [Symbol.iterator]: now } = Object(tasks) as Partial<
    Iterable<Task> & AsyncIterable<Task>
  >
  const iterator = later?.call(tasks) ?? now?.call(tasks)
  if (iterator !== undefined) return iterator
  throw new GranaryError('INVALID_OPTION', 'warmCache takes tasks: an array, or anything that for await goes through')
}
