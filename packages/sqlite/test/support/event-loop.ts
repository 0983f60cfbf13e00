import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as wait } from 'node:timers/promises'

/** The longest that the event loop was blocked while `work` ran, and 99% of its turns, in milliseconds. */
export async function blocked(work: () => Promise<unknown>): Promise<{ max: number; p99: number }> {
  const delay = monitorEventLoopDelay({ resolution: 1 })
  delay.enable()
  // What the loop did before is not counted.
  await wait(5)
  delay.reset()
  // A block is measured from one turn to the next: the first turn has to be over.
  await wait(5)
  await work()
  await wait(5)
  delay.disable()
  return { max: delay.max / 1e6, p99: delay.percentile(99) / 1e6 }
}
