/** What every worker has, and no output depends on but through the key. */
const KNOWN = ['name', 'inputType', 'outputTypes', 'caching']

/**
 * The own fields of a worker that are neither in its key nor declared to be outside it. What the functions that make the
 * key read is taken to be in it; private fields cannot be seen.
 *
 * @param makeKey what makes the key, called with a stand-in of the worker; `undefined` if it is made from the task alone
 */
export function fieldsOutsideKey<Worker extends object>(
  worker: Worker,
  outsideKey: readonly string[],
  makeKey: ((worker: Worker) => unknown) | undefined,
): string[] {
  const suspects = Object.keys(worker).filter((name) => !KNOWN.includes(name) && !outsideKey.includes(name))
  if (suspects.length === 0 || makeKey === undefined) return suspects
  const read = new Set<PropertyKey>()
  const watched = new Proxy(worker, {
    get(target, name, receiver) {
      read.add(name)
      return Reflect.get(target, name, receiver)
    },
  })
  try {
    makeKey(watched)
  } catch {
    // It reads private fields, which a stand-in does not have: what else it reads is not known.
    return []
  }
  return suspects.filter((name) => !read.has(name))
}

/** What to do about such fields, in words. */
export function outsideKey(fields: readonly string[]): string {
  return `its own fields ${fields.join(', ')} are not in its key: return those that change outputs from extraCacheKey(), and name the others in caching.outsideKey`
}
