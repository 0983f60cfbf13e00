import { GranaryError } from './errors.js'

/** An amount of memory or disk: bytes as a number, or a number with its unit: `'512b'`, `'64kb'`, `'64mb'`, `'2gb'` (1 kb is 1,024 bytes). */
export type Size = number | string

const BYTES = { b: 1, kb: 1024, mb: 1024 ** 2, gb: 1024 ** 3, tb: 1024 ** 4 } as const
const FORM = /^\s*(\d+(?:\.\d+)?)\s*(b|kb|mb|gb|tb)\s*$/i

/**
 * Whole bytes of a size, at least 1.
 *
 * @throws GranaryError `INVALID_OPTION` for 0, NaN, a negative number or a string of another form
 */
export function parseSize(size: Size, what = 'size'): number {
  const bytes = Math.floor(typeof size === 'number' ? size : fromText(size))
  if (bytes >= 1 && bytes <= Number.MAX_SAFE_INTEGER) return bytes
  throw new GranaryError(
    'INVALID_OPTION',
    `${what}: ${String(size)} is not a size: give bytes, or a string such as '64kb', '64mb', '2gb'`,
  )
}

function fromText(text: unknown): number {
  const match = typeof text === 'string' ? FORM.exec(text) : null
  if (match === null) return Number.NaN
  return Number(match[1]) * BYTES[match[2]?.toLowerCase() as keyof typeof BYTES]
}
