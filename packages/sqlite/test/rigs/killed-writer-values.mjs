// What the writer writes and its reader expects.

export const KEYS = 150

/** Mostly small, some of many pages, few of over a megabyte, and very few so large that they go into a file. */
function lengthOf(number) {
  if (number % 499 === 0) return 5_000_000
  if (number % 97 === 0) return 1_500_000
  if (number % 13 === 0) return 40_000
  return (number * 37) % 2_000
}

/** A value that no other key and no other number has, in every part of it. */
export function contentOf(key, number) {
  const bytes = new Uint8Array(lengthOf(number))
  for (let at = 0; at < bytes.length; at++) bytes[at] = at * 31 + number
  return bytes.length > 1_000_000 ? bytes : { key, number, bytes }
}
