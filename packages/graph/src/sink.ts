import type { Awaitable, Task } from '@granary/core'
import type { Delivery } from './delivery.js'

/** Takes the deliveries of a type. What it returns is waited for. */
export type Sink<T extends Task> = (delivery: Delivery<T>, run: { readonly signal: AbortSignal }) => Awaitable<unknown>

/** Waits for work as long as a signal lets it; what the work does after that is nobody's concern. */
export function untilAborted<T>(work: () => Awaitable<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const leave = () => reject(signal.reason)
    signal.addEventListener('abort', leave, { once: true })
    new Promise<T>((done) => done(work()))
      .then(resolve, reject)
      .finally(() => signal.removeEventListener('abort', leave))
  })
}
