import type { Facts } from '../facts.js'
import { nameOf } from '../insights.js'
import type { Span } from '../pipeline.js'
import { spell } from '../spell.js'
import { figure, px, short, ticks } from './figure.js'
import { html, type Markup } from './markup.js'

const LANES = ['look', 'read', 'analyse', 'sketch', 'compare', 'summarize']
const [WIDTH, LANE, LEFT, RIGHT] = [920, 34, 92, 856]
/** The longest pieces of work can be pointed at; all others are one shape a lane. */
const NAMED = 60
const SLOWEST = 5

/** When which worker was at work, from left to right, and how long all of its work took. */
export function timelineOf({ outcome: { spans, tookMs }, corpus }: Facts): Markup {
  const x = (ms: number) => LEFT + ((RIGHT - LEFT) * ms) / Math.max(tookMs, 1)
  const named = [...spans].sort((a, b) => lasted(b) - lasted(a)).slice(0, NAMED)
  const bottom = LANES.length * LANE + 10
  const body = html`
    ${ticks(tookMs).map((ms) => html`<path class="grid" d="M${px(x(ms))} 4 V${bottom}"/><text class="soft middle" x="${px(x(ms))}" y="${bottom + 18}">${spell.time(ms)}</text>`)}
    ${LANES.map((worker, i) => {
      const own = spans.filter((span) => span.worker === worker)
      const y = 8 + i * LANE
      const shape = own.map(
        ({ from, to }) => `M${px(x(from))} ${y}H${px(Math.max(x(to), x(from) + 0.4))}V${y + LANE - 10}H${px(x(from))}z`,
      )
      const total = own.reduce((sum, span) => sum + lasted(span), 0)
      const shown = named.filter((span) => span.worker === worker)
      return html`<text class="name end" x="${LEFT - 12}" y="${y + 17}">${worker}</text><path class="work lane-${i}" d="${shape.join('')}"/>
        ${shown.map((span) => html`<rect class="seen" x="${px(x(span.from))}" y="${y}" width="${px(Math.max(x(span.to) - x(span.from), 0.4))}" height="${LANE - 10}"><title>${nameIn(span, corpus.root)}: ${spell.time(lasted(span))}</title></rect>`)}
        <text class="soft end" x="${WIDTH}" y="${y + 17}">${spell.time(total)}</text>`
    })}`
  const slowest = named.filter(({ path }) => path !== undefined).slice(0, SLOWEST)
  return html`<section><h2>Where time went</h2>
    ${figure(WIDTH, bottom + 24, 'When which worker was at work', body)}
    <p class="hint">Longest: ${slowest.map((span, i) => html`${i > 0 ? ', ' : ''}<bdi>${short(nameIn(span, corpus.root), 60)}</bdi> (${span.worker}, ${spell.time(lasted(span))})`)}.</p></section>`
}

function lasted({ from, to }: Span): number {
  return to - from
}

function nameIn({ path }: Span, root: string): string {
  return path === undefined ? 'all documents' : nameOf(path, root)
}
