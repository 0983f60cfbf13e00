import type { CacheStats } from '@granary/core'
import { spell } from './spell.js'

const HEAD = ['worker', 'layer', 'hits', 'misses', 'computations', 'time spent', 'time saved']
const TEXTS = 2

/** What each worker was given by each layer of its cache, and what it had to compute. */
export function tableOf(statsByWorker: ReadonlyMap<string, CacheStats>): string {
  const rows = [...statsByWorker].flatMap(([worker, stats]) => rowsOf(worker, stats))
  const widths = HEAD.map((head, column) => Math.max(head.length, ...rows.map((row) => row[column]?.length ?? 0)))
  return [HEAD, widths.map((width) => '─'.repeat(width)), ...rows].map((row) => line(row, widths)).join('\n')
}

/** A row for each layer, of what was asked of it, and one for the worker as a whole. */
function rowsOf(worker: string, stats: CacheStats): string[][] {
  let asked = stats.hits + stats.misses
  const layers = stats.layers.map(({ name, hits }) => {
    asked -= hits
    return [worker, name, `${hits}`, `${asked}`, '', '', '']
  })
  const { hits, misses, computations, computeMs, savedMs } = stats
  return [
    ...layers,
    [worker, 'all', `${hits}`, `${misses}`, `${computations}`, spell.time(computeMs), spell.time(savedMs)],
  ]
}

function line(row: readonly string[], widths: readonly number[]): string {
  const cells = widths.map((width, i) => (i < TEXTS ? (row[i] ?? '').padEnd(width) : (row[i] ?? '').padStart(width)))
  return cells.join('  ').trimEnd()
}
