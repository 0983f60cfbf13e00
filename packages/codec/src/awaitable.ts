import type { Awaitable } from '@granary/core'

/** Tells a promise from a result that is there already, which then needs no turn of its own. */
export function isPromise<T>(value: Awaitable<T>): value is Promise<T> {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function'
}
