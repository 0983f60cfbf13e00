import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs, promisify } from 'node:util'
import type { Case } from './case.js'
import { cases } from './cases/index.js'
import { type FigureGroup, type FigureRow, figureRows } from './figure.js'
import { figureGroups } from './figures/index.js'
import type { Measured } from './measure.js'
import { writePage } from './page.js'
import { asFigureTable, asTable, type Row, rowOf } from './report.js'
import { describeRun } from './versions.js'

const USAGE = `Usage: bench [--only T1,T2-new] [--rounds 9] [--ms 200] [--json file] [--page]
  --only    targets or cases to measure; all by default
  --rounds  rounds in which subject and reference take turns, at least 5
  --ms      how long one run of the reference should take
  --json    writes the results as JSON too
  --page    writes docs/benchmarks.md with its charts`

function fail(message: string): never {
  process.stderr.write(`${message}\n${USAGE}\n`)
  process.exit(1)
}

function options() {
  const { values } = parseArgs({
    options: {
      only: { type: 'string' },
      rounds: { type: 'string', default: '9' },
      ms: { type: 'string', default: '200' },
      json: { type: 'string' },
      page: { type: 'boolean', default: false },
    },
  })
  const rounds = Number(values.rounds)
  const runMs = Number(values.ms)
  if (!Number.isInteger(rounds) || rounds < 5) fail(`--rounds ${values.rounds}: a median needs at least 5`)
  if (!(runMs > 0)) fail(`--ms ${values.ms}: it is a number above 0`)
  return { ...choose(values.only), rounds, runMs, json: values.json, page: values.page }
}

interface Choice {
  readonly chosen: readonly Case[]
  readonly groups: readonly FigureGroup[]
}

function choose(only: string | undefined): Choice {
  if (only === undefined) return { chosen: cases, groups: figureGroups.filter(({ isLarge }) => !isLarge) }
  const names = only.split(',').map((name) => name.trim())
  const isCase = (each: Case, name: string) => each.id === name || each.name === name
  const isGroup = ({ name: group, figures, isLarge }: FigureGroup, name: string) => {
    if (group === name) return true
    return !isLarge && figures.some((figure) => figure.id === name || figure.name === name)
  }
  for (const name of names) {
    const isKnown = cases.some((each) => isCase(each, name)) || figureGroups.some((group) => isGroup(group, name))
    if (!isKnown) fail(`--only ${name}: there is no such case`)
  }
  return {
    chosen: cases.filter((each) => names.some((name) => isCase(each, name))),
    groups: figureGroups.filter((group) => names.some((name) => isGroup(group, name))),
  }
}

/** Runs a script of ours in a process of its own; what it printed, as JSON. */
async function run(script: URL, ...args: string[]): Promise<unknown> {
  const file = fileURLToPath(script)
  const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', file, ...args])
  return JSON.parse(stdout)
}

const CASES = new URL('./run-case.js', import.meta.url)
const FIGURES = new URL('./run-figures.js', import.meta.url)

const { chosen, groups, rounds, runMs, json, page } = options()
const about = describeRun()
process.stdout.write(`${about.text}\n\n`)
const rows: Row[] = []
for (const each of chosen) {
  process.stderr.write(`${each.name} … `)
  rows.push(rowOf(each, (await run(CASES, each.name, `${rounds}`, `${runMs}`)) as Measured))
  process.stderr.write(`${rows.at(-1)?.ratio.toFixed(2)}\n`)
}
const figures: FigureRow[] = []
for (const group of groups) {
  process.stderr.write(`${group.name} … `)
  const missing = group.missing?.()
  if (missing !== undefined) {
    process.stderr.write(`skipped: ${missing}\n`)
    continue
  }
  figures.push(...figureRows(group, (await run(FIGURES, group.name)) as Record<string, number>))
  process.stderr.write('measured\n')
}
if (rows.length > 0) process.stdout.write(`\n${asTable(rows)}\n`)
if (figures.length > 0) process.stdout.write(`\n${asFigureTable(figures)}\n`)
if (json !== undefined)
  writeFileSync(json, `${JSON.stringify({ ...about.data, rounds, runMs, rows, figures }, undefined, 2)}\n`)
if (page) writePage(fileURLToPath(new URL('../../../docs', import.meta.url)), about.text, rows, figures)
