import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Bar, barChart } from './chart.js'
import type { FigureRow } from './figure.js'
import { asFigureTable, asTable, type Row } from './report.js'

/** Writes the page `benchmarks.md`, and its pictures into `benchmarks/` beside it. */
export function writePage(folder: string, about: string, rows: readonly Row[], figures: readonly FigureRow[]): void {
  const pictures = join(folder, 'benchmarks')
  mkdirSync(pictures, { recursive: true })
  const charts = [hitsByLibrary(rows), againstTheLimit(rows)].filter((chart) => chart !== undefined)
  for (const { file, svg } of charts) writeFileSync(join(pictures, file), svg)
  writeFileSync(join(folder, 'benchmarks.md'), page(about, rows, figures, charts))
}

interface Chart {
  readonly file: string
  readonly title: string
  readonly svg: string
}

function page(about: string, rows: readonly Row[], figures: readonly FigureRow[], charts: readonly Chart[]): string {
  const losses = [
    ...rows.filter(({ met }) => met === false).map(loss),
    ...figures.filter(({ met }) => met === false).map(miss),
  ]
  return `# Benchmarks

Written by \`npm run bench -- -- --page\`; nothing here is edited by hand. Every figure is a ratio taken in one run, in which
the subject and the reference take turns: an absolute time says nothing about another machine.
[The benchmark's own page](../apps/benchmark/README.md) says what each case does.

\`\`\`
${about}
\`\`\`

${charts.map(({ file, title }) => `![${title}](benchmarks/${file})`).join('\n\n')}

${asTable(rows)}

These are measured by themselves:

${asFigureTable(figures)}

## Where it loses

${losses.length === 0 ? 'No target was missed in this run.' : losses.join('\n')}
`
}

function loss({ name, what, ratio, measure, target, subjectNs, referenceNs }: Row): string {
  const difference = Math.abs(subjectNs - referenceNs)
  const each = difference < 1_000 ? `${difference.toFixed(0)} ns` : `${(difference / 1_000).toFixed(1)} µs`
  return `- **${name}**, ${what}: ${ratio.toFixed(2)}× the ${measure} where ${target}× is the target; ${each} apart in each operation.`
}

function miss({ name, what, value, target, unit }: FigureRow): string {
  return `- **${name}**, ${what}: ${value.toFixed(1)} ${unit} where ${target} ${unit} is the target.`
}

/** What a memory hit takes, as a multiple of what lru-cache itself takes. */
function hitsByLibrary(rows: readonly Row[]): Chart | undefined {
  const own = rows.find(({ name }) => name === 'T1-hit')
  const peers = rows.filter(({ id, what }) => id === 'T1' && what.includes('against'))
  if (own === undefined || peers.length === 0) return undefined
  const bars: Bar[] = [
    { label: 'lru-cache alone', value: 1, note: '1×', isOurs: false },
    { label: 'Granary', value: own.ratio, note: times(own.ratio), isOurs: true },
    ...peers
      .map(({ name, ratio }) => ({ label: name.replace('T1-', ''), value: own.ratio / ratio }))
      .sort((a, b) => a.value - b.value)
      .map(({ label, value }) => ({ label, value, note: times(value), isOurs: false })),
  ]
  const title = 'Time of a memory hit, as a multiple of lru-cache alone (shorter is better)'
  return { file: 'memory-hit.svg', title, svg: barChart(title, bars) }
}

/** All rows with a target, each as how fast it is compared with its reference. */
function againstTheLimit(rows: readonly Row[]): Chart | undefined {
  const speed = (ratio: number, measure: Row['measure']) => (measure === 'time' ? 1 / ratio : ratio)
  const bars = rows
    .filter(({ target, ratio }) => target !== undefined && ratio > 0)
    .map(({ name, ratio, measure, target, met }) => ({
      label: name,
      value: speed(ratio, measure),
      target: speed(target as number, measure),
      note: `${times(speed(ratio, measure))}${met ? '' : ' (missed)'}`,
      isOurs: true,
    }))
  if (bars.length === 0) return undefined
  const title = 'Speed against the reference; the line is the target (longer is better)'
  return { file: 'targets.svg', title, svg: barChart(title, bars) }
}

function times(value: number): string {
  return `${value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2)}×`
}
