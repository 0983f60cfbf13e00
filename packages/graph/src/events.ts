import type { Delivery } from './delivery.js'

/**
 * Something that happened in a run: one union, for one observer. Tasks and errors appear in it only if the graph was made
 * with `debug: true`. More types of event may come: keep a default branch.
 */
export type GraphEvent =
  /** An input was taken; `inputs` of them so far. */
  | { readonly type: 'input'; readonly taskType: string; readonly inputs: number }
  /** An input and all that came from it has been worked off; `ok` where nothing failed. */
  | { readonly type: 'finish'; readonly ok: boolean; readonly finished: number; readonly inputs: number }
  /** A worker or sink begins with a task. It ends in exactly one of `done`, `fail` and `abort`. */
  | (WorkEvent & { readonly type: 'start' })
  | (WorkEvent & { readonly type: 'done'; readonly published: number; readonly ms: number })
  /** An attempt failed, and there will be another. */
  | (WorkEvent & { readonly type: 'retry'; readonly attempt: number; readonly error?: unknown })
  | (WorkEvent & { readonly type: 'fail'; readonly attempts: number; readonly error?: unknown })
  /** The run was ended before this was done. */
  | (WorkEvent & { readonly type: 'abort' })
  /** A join published, or had nothing to publish; `taskType` and the delivery are those that the parts came from. */
  | (WorkEvent & { readonly type: 'join'; readonly parts: number })
  /** A join published nothing, since parts are missing. */
  | (WorkEvent & { readonly type: 'skip'; readonly failures: number })

export interface WorkEvent {
  /** Name of the worker, join or sink. */
  readonly worker: string
  /** Name of the type of its task. */
  readonly taskType: string
  /** The task and where it came from, with `debug: true` only. */
  readonly delivery?: Delivery
}

export type GraphListener = (event: GraphEvent) => unknown

/** Tells a listener, whose own errors are ignored: it must not break a run. */
export function tell(listener: GraphListener | undefined, event: GraphEvent): void {
  try {
    const told: unknown = listener?.(event)
    if (told instanceof Promise) told.catch(() => {})
  } catch {
    // Said above: ignored.
  }
}
