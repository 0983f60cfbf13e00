import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs, promisify } from 'node:util'
import type { Case } from './case.js'
import { cases } from './cases/index.js'
import type { Measured } from './measure.js'
import { writePage } from './page.js'
import { asTable, type Row, rowOf } from './report.js'
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
  return { chosen: choose(values.only), rounds, runMs, json: values.json, page: values.page }
}

function choose(only: string | undefined): readonly Case[] {
  if (only === undefined) return cases
  const names = only.split(',').map((name) => name.trim())
  for (const name of names) {
    if (!cases.some((each) => each.id === name || each.name === name)) fail(`--only ${name}: there is no such case`)
  }
  return cases.filter(({ id, name }) => names.includes(id) || names.includes(name))
}

async function run({ name }: Case, rounds: number, runMs: number): Promise<Measured> {
  const script = fileURLToPath(new URL('./run-case.js', import.meta.url))
  const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', script, name, `${rounds}`, `${runMs}`])
  return JSON.parse(stdout) as Measured
}

const { chosen, rounds, runMs, json, page } = options()
const about = describeRun()
process.stdout.write(`${about.text}\n\n`)
const rows: Row[] = []
for (const each of chosen) {
  process.stderr.write(`${each.name} … `)
  rows.push(rowOf(each, await run(each, rounds, runMs)))
  process.stderr.write(`${rows.at(-1)?.ratio.toFixed(2)}\n`)
}
process.stdout.write(`\n${asTable(rows)}\n`)
if (json !== undefined) writeFileSync(json, `${JSON.stringify({ ...about.data, rounds, runMs, rows }, undefined, 2)}\n`)
if (page) writePage(fileURLToPath(new URL('../../../docs', import.meta.url)), about.text, rows)
