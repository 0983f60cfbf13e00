import { GranaryError } from './errors.js'

/**
 * Namespaces are paths of names. A path is written as its names, each with its length before it (`'3:cat1:a'` for
 * `cat` / `a`), so that no two paths are written alike and no name needs escaping.
 */
const ESCAPE = '\u0001'
const END = ';'

const LONGEST_NAME = 1_024
const LONGEST_OWN_NAME = 1_000
const LONGEST_KEY = 65_536

/**
 * The path of the namespace `name` below the namespace `parent` (`''` for the root).
 *
 * @throws GranaryError `INVALID_KEY` for a name that is empty, longer than 1,024 characters or not well-formed UTF-16
 */
export function namespacePath(parent: string, name: string): string {
  checkName(name, 'namespace')
  return `${parent}${name.length}:${name}`
}

/** The names that a path was made from, outermost first. */
export function namespaceNames(path: string): string[] {
  const names: string[] = []
  for (let at = 0; at < path.length; ) {
    const end = endOfName(path, at)
    if (end === undefined) break
    names.push(path.slice(path.indexOf(':', at) + 1, end))
    at = end
  }
  return names
}

/** Where the name ends whose length is written at `at`; `undefined` if none is written there. */
function endOfName(text: string, at: number): number | undefined {
  const colon = text.indexOf(':', at)
  const length = Number(text.slice(at, colon))
  const end = colon + 1 + length
  return colon > at && Number.isInteger(length) && length > 0 && end <= text.length ? end : undefined
}

/** The paths of a namespace and of all that contain it but the root, outermost first. */
export function namespaceLineage(path: string): string[] {
  let parent = ''
  return namespaceNames(path).map((name) => (parent = `${parent}${name.length}:${name}`))
}

/**
 * The key under which stores keep `key` of the namespace `path`. A key of the root stands for itself, unless it begins
 * with the escape character.
 */
export function physicalKey(path: string, key: string): string {
  return path === '' && key.charCodeAt(0) !== 1 ? key : ESCAPE + path + END + key
}

/** The inverse of {@link physicalKey}. What it did not make counts as a key of the root. */
export function parsePhysicalKey(physical: string): { namespace: string; key: string } {
  if (physical.charCodeAt(0) !== 1) return { namespace: '', key: physical }
  let at = 1
  while (physical[at] !== END) {
    const end = endOfName(physical, at)
    if (end === undefined) return { namespace: '', key: physical }
    at = end
  }
  return { namespace: physical.slice(1, at), key: physical.slice(at + 1) }
}

/** @throws GranaryError `INVALID_KEY` for a key that is no string, longer than 65,536 characters or not well-formed UTF-16 */
export function checkKey(key: unknown): asserts key is string {
  if (typeof key !== 'string')
    throw new GranaryError(
      'INVALID_KEY',
      `a key is a string, not ${describe(key)}: for other inputs use cached() or a worker, which make one`,
    )
  if (key.length > LONGEST_KEY)
    throw new GranaryError(
      'INVALID_KEY',
      `a key of ${key.length} characters is longer than ${LONGEST_KEY}: hash it first`,
    )
  if (!key.isWellFormed())
    throw new GranaryError('INVALID_KEY', 'a key with a lone surrogate cannot be stored faithfully: encode it first')
}

/**
 * Names of workers, functions and types are shorter, since they become part of a namespace's.
 *
 * @throws GranaryError `INVALID_KEY` for a name that is empty, longer than 1,024 characters (1,000 for a `'name'`) or not
 *   well-formed UTF-16
 */
export function checkName(name: unknown, what: 'namespace' | 'tag' | 'name'): asserts name is string {
  const longest = what === 'name' ? LONGEST_OWN_NAME : LONGEST_NAME
  if (typeof name === 'string' && name !== '' && name.length <= longest && name.isWellFormed()) return
  throw new GranaryError(
    'INVALID_KEY',
    `a ${what} is a well-formed string of 1 to ${longest} characters, not ${describe(name)}`,
  )
}

function describe(value: unknown): string {
  if (typeof value !== 'string') return value === null ? 'null' : `a value of type ${typeof value}`
  return value === '' ? 'an empty one' : `one of ${value.length} characters`
}
