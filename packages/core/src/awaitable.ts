/** A value, or a promise of it: what a store may answer, so that one in memory answers at once. */
export type Awaitable<T> = T | Promise<T>

/** Tells the two apart without making a promise of what is none. */
export function isPromise<T>(value: Awaitable<T>): value is Promise<T> {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function'
}

/** Goes on with a value at once if it is there, else when it comes. */
export function chain<T, R>(value: Awaitable<T>, next: (value: T) => Awaitable<R>): Awaitable<R> {
  return isPromise(value) ? value.then(next) : next(value)
}

/** All values, at once if all are there. A single promise, the usual case, is not worth a `Promise.all`. */
export function all<T>(values: readonly Awaitable<T>[]): Awaitable<T[]> {
  const [only] = values
  if (values.length === 1) return chain(only as Awaitable<T>, (value) => [value])
  return values.some(isPromise) ? Promise.all(values) : (values as T[])
}
