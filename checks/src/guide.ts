// The guide: its pages, the rows of the feature list that each one shows, and the table that says so.
import { existsSync, globSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './workspace.ts'

const FOLDER = 'docs/guide'

/** What the project was asked for, row by row; G21 is not begun. */
const ROWS: Readonly<Record<string, string>> = {
  G1: 'outputs cached by the input task, persistent, safe over concurrent runs; how long a run took',
  G2: 'a key made from the task; parts of your own',
  G3: 'configuration on the class, overridden in the constructor; a cache from a folder',
  G4: 'a worker for calls of language models',
  G5: 'why: fast development, lower cost, repeatable tests, fewer rate limits',
  G6: 'conditional caching, by task and by outputs',
  G7: 'versions, listed and cleared',
  G8: 'several layers, with promotion',
  G9: 'clear a worker’s entries, or the old ones; go through them',
  G10: 'counters, latencies, savings; a logger',
  G11: 'what belongs in a key, and a warning about what is not in it',
  G12: 'a time to live by task and outputs, or set during the run',
  G13: 'warm a cache; ask whether a task is cached',
  G14: 'errors are not cached; one that is published leaves the run unstored',
  G15: 'limits by entries and bytes, and eviction',
  G16: 'compression',
  G17: 'debugging: why it was a miss',
  G18: 'manual control, and overriding it',
  G19: 'hooks around a run, also on a hit',
  G20: 'workers connected in a graph',
}

/** The pages of the guide that hold examples, from the root. */
function guidePages(): string[] {
  if (!existsSync(join(root, FOLDER))) return []
  const pages = readdirSync(join(root, FOLDER)).filter((name) => name.endsWith('.md') && name !== 'README.md')
  return pages.sort().map((name) => `${FOLDER}/${name}`)
}

/** One row of the table. */
export interface Coverage {
  readonly row: string
  /** Names of pages of the guide. */
  readonly pages: readonly string[]
  /** Test files, from the root. */
  readonly tests: readonly string[]
}

/** Which pages show a row, by their front matter (`rows: G1, G19`), and which tests have it in their titles. */
export function coverage(): Coverage[] {
  const pages = guidePages().map((page) => ({ page, text: read(page) }))
  const tests = globSync('{packages,apps}/*/test/**/*.test.ts', { cwd: root }).sort()
  const titles = tests.map((file) => ({ file, rows: rowsInTitles(read(file)) }))
  return Object.keys(ROWS).map((row) => ({
    row,
    pages: pages.filter(({ text }) => rowsOfPage(text).includes(row)).map(({ page }) => page.slice(FOLDER.length + 1)),
    tests: titles.filter(({ rows }) => rows.has(row)).map(({ file }) => file),
  }))
}

/** The rows that a page says it shows; none, where it has no example that runs. */
export function rowsOfPage(text: string): string[] {
  const [, rows = ''] = /^---\n(?:.*\n)*?rows: (.*)\n(?:.*\n)*?---\n/.exec(text) ?? []
  return /^```ts$/m.test(text) ? (rows.match(/G\d+/g) ?? []) : []
}

/** The rows that titles of tests begin with, after others or before: `P1: G18: what was overtaken is not saved`. */
export function rowsInTitles(source: string): Set<string> {
  const titles = source.matchAll(/['"`]((?:(?:[A-Z]\d+|fault \d+)(?:, |: ))+)\S/g)
  return new Set([...titles].flatMap(([, labels = '']) => labels.match(/G\d+/g) ?? []))
}

/** Rows that lack a page or a test. */
export function gaps(rows: readonly Coverage[]): string[] {
  return rows.flatMap(({ row, pages, tests }) => [
    ...(pages.length === 0 ? [`${row} has no page with an example`] : []),
    ...(tests.length === 0 ? [`${row} has no test with its number in the title`] : []),
  ])
}

/** The guide's first page, with the table of what it shows. */
export function guideIndex(rows: readonly Coverage[]): string {
  const lines = rows.map(({ row, pages, tests }) => {
    const shown = pages.map((page) => `[${page.replace('.md', '')}](${page})`)
    const tested = tests.map((file) => `[${file.split('/').at(-1)}](../../${file})`)
    return `| ${row} | ${ROWS[row]} | ${shown.join(', ')} | ${tested.join(', ')} |`
  })
  const others = readdirSync(join(root, 'docs/guide'))
    .filter(
      (page) => page.endsWith('.md') && page !== 'README.md' && rowsOfPage(read(`docs/guide/${page}`)).length === 0,
    )
    .sort()
    .map((page) => `[${page.replace('.md', '')}](${page})`)
  return `# The caching guide

A page for each thing that a cached worker can do. Every example is a whole program: the checks compile it strictly and run it,
and compare what it prints with its comments (\`// → …\`).

This table is made from the pages and from the titles of the tests (\`npm run check -- guide\`, with \`-u\` after a change).

| | what | example | tests |
| --- | --- | --- | --- |
${lines.join('\n')}

One subject each, beside the rows: ${others.join(', ')}.
`
}

function read(file: string): string {
  return readFileSync(join(root, file), 'utf8')
}
