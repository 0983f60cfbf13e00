import type { Facts } from './facts.js'
import { insightsOf } from './insights.js'
import { spell } from './spell.js'
import { summariesOf } from './summaries.js'
import { tableOf } from './table.js'

/** All that is printed at the end of a run. */
export function printoutOf(facts: Facts): string {
  const { outcome, corpus, stats, computations } = facts
  const counts = Array.from(computations, ([worker, count]) => `${worker} ${count}`)
  return [
    tableOf(stats),
    '',
    ...insightsOf(outcome, corpus.root),
    '',
    `Counted inside the workers' own functions: ${counts.join(', ')}.`,
    verdictOn(facts),
    '',
    summariesOf(facts),
  ].join('\n')
}

/** What the run comes to, in one sentence. */
function verdictOn({ run: { computed, replayed, savedMs, tookMs } }: Facts): string {
  const took = `in ${spell.time(tookMs)}`
  const saved = `${spell.time(savedMs)} of work saved`
  if (computed === 0) return `Everything came from the cache: 0 computations, ${saved}, ${took}.`
  const rest = replayed > 0 ? `; ${replayed} came from the cache${savedMs < 1 ? '' : `: ${saved}`}` : ''
  return `Computed ${spell.count(computed, 'result')} ${took}${rest}.`
}
