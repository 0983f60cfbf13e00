import type { Case } from './case.js'
import type { FigureRow } from './figure.js'
import type { Measured } from './measure.js'

/** What is known of a case when it has been measured; a row of the JSON. */
export interface Row extends Omit<Case, 'open' | 'batch' | 'most'>, Measured {
  /** Is the ratio good enough? `undefined` without a target. */
  readonly met?: boolean
}

export function rowOf({ open, batch, most, ...about }: Case, measured: Measured): Row {
  const { measure, target } = about
  const row = { ...about, ...measured }
  if (target === undefined) return row
  return { ...row, met: measure === 'time' ? measured.ratio <= target : measured.ratio >= target }
}

const HEADINGS = [
  'case',
  'what',
  'subject',
  'reference',
  'ratio',
  'range',
  'target',
  'met?',
  'subject/op',
  'reference/op',
]

/** The rows as a table of Markdown, its columns aligned for terminals. */
export function asTable(rows: readonly Row[]): string {
  return aligned(HEADINGS, rows.map(cellsOf))
}

/** The same of figures. */
export function asFigureTable(figures: readonly FigureRow[]): string {
  return aligned(
    ['figure', 'what', 'measured', 'target', 'met?'],
    figures.map(({ name, what, unit, value, target, met }) => [
      name,
      what,
      `${value < 10 ? value.toFixed(2) : value.toFixed(1)} ${unit}`,
      target === undefined ? '–' : `≤ ${target} ${unit}`,
      met === undefined ? '–' : met ? 'yes' : 'NO',
    ]),
  )
}

function aligned(headings: readonly string[], lines: readonly string[][]): string {
  const cells = [headings, headings.map(() => ''), ...lines]
  const widths = headings.map((_, column) => Math.max(3, ...cells.map((line) => (line[column] ?? '').length)))
  return cells
    .map((line, at) => {
      const padded = line.map((cell, column) => cell.padEnd(widths[column] as number, at === 1 ? '-' : ' '))
      return `| ${padded.join(' | ')} |`
    })
    .join('\n')
}

function cellsOf(row: Row): string[] {
  const { name, what, subject, reference, measure, ratio, lowest, highest, target, met } = row
  return [
    name,
    what,
    subject,
    reference,
    `${ratio.toFixed(2)}× ${measure}`,
    `${lowest.toFixed(2)}–${highest.toFixed(2)}`,
    target === undefined ? '–' : `${measure === 'time' ? '≤' : '≥'} ${target}×`,
    met === undefined ? '–' : met ? 'yes' : 'NO',
    duration(row.subjectNs),
    duration(row.referenceNs),
  ]
}

function duration(ns: number): string {
  if (Math.abs(ns) < 1_000) return `${ns.toFixed(0)} ns`
  return ns < 1e6 ? `${(ns / 1e3).toFixed(2)} µs` : `${(ns / 1e6).toFixed(2)} ms`
}
