import { type Clock, parseDuration } from '@granary/core'
import type { Pace } from './call-policy.js'
import { unlessAborted } from './live-stream.js'
import type { Recording } from './recording.js'

/** Plays the events of a recording, at the pace that was asked for. */
export async function* replay<Event>(
  { events }: Pick<Recording<unknown, Event>, 'events'>,
  pace: Pace,
  clock: Clock,
  signal?: AbortSignal,
): AsyncGenerator<Event, void, undefined> {
  const began = clock.now()
  const step = pace === 'at-once' || pace === 'recorded' ? 0 : parseDuration(pace, 'pace')
  for (const [i, [ms, event]] of events.entries()) {
    if (pace !== 'at-once') await until(began + (pace === 'recorded' ? ms : i * step), clock, signal)
    signal?.throwIfAborted()
    yield event
  }
}

/** Waits until a time has come. Keeps the process alive meanwhile, unlike a timer of the clock. */
export async function until(time: number, clock: Clock, signal?: AbortSignal): Promise<void> {
  const left = time - clock.now()
  if (left <= 0) return
  const { promise, resolve } = Promise.withResolvers<void>()
  const cancel = clock.after(left, resolve)
  const alive = setInterval(() => {}, LONG)
  try {
    await unlessAborted(promise, signal)
  } finally {
    clearInterval(alive)
    cancel()
  }
}

const LONG = 2 ** 30
