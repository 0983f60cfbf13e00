// Examples say in comments what they print: `console.log(1 + 1) // → 2`.

/** The first line that an example says it prints and does not, in its place among the others; undefined if it prints them all. */
export function notPrinted(source: string, printed: string): string | undefined {
  const lines = printed.split('\n')
  let from = 0
  for (const [, expected = ''] of source.matchAll(/\/\/ → (.*)$/gm)) {
    const at = lines.indexOf(expected, from)
    if (at < 0) return expected
    from = at + 1
  }
  return undefined
}
