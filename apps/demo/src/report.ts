import type { CacheStats } from 'granary'
import { insightsOf } from './insights.js'
import type { Finding, Workers } from './pipeline.js'
import { spell } from './spell.js'
import { tableOf } from './table.js'

/** All that is said at the end of a run that took `ms`. */
export async function reportOn(
  findings: readonly Finding[],
  root: string,
  workers: Workers,
  ms: number,
): Promise<string> {
  const stats = new Map<string, CacheStats>()
  for (const worker of Object.values(workers)) stats.set(worker.name, await worker.cache.stats())
  const { read, analyse } = workers
  return [
    tableOf(stats),
    '',
    ...insightsOf(findings, root),
    '',
    `Counted inside the workers' own functions: read ${read.computations}, analyse ${analyse.computations}.`,
    verdict(findings.length * stats.size, read.computations + analyse.computations, savedBy(stats), ms),
  ].join('\n')
}

function savedBy(stats: ReadonlyMap<string, CacheStats>): number {
  return [...stats.values()].reduce((sum, { savedMs }) => sum + savedMs, 0)
}

function verdict(results: number, computed: number, savedMs: number, ms: number): string {
  const took = `in ${spell.time(ms)}`
  const saved = `${spell.time(savedMs)} of work saved`
  if (computed === 0) return `Everything came from the cache: 0 computations, ${saved}, ${took}.`
  const others = results - computed
  const rest = others > 0 ? `; ${others} came from the cache${savedMs < 1 ? '' : `: ${saved}`}` : ''
  return `Computed ${spell.count(computed, 'result')} ${took}${rest}.`
}
