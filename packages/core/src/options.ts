import { GranaryError } from './errors.js'

/**
 * Refuses options that do not exist, so that a misspelt one is not silently ignored.
 *
 * @param of names what the options are given to, for example `'createCache'`
 * @throws GranaryError `INVALID_OPTION`, naming the options that there are
 */
export function checkOptions(of: string, options: unknown, known: readonly string[]): void {
  if (typeof options !== 'object' || options === null) {
    throw new GranaryError('INVALID_OPTION', `${of} takes an object with options: ${known.join(', ')}`)
  }
  const unknown = Object.keys(options).filter((name) => !known.includes(name))
  if (unknown.length === 0) return
  throw new GranaryError('INVALID_OPTION', `${of} has no option ${unknown.join(', ')}; it has ${known.join(', ')}`)
}
