import type { Facts } from '../facts.js'
import { spell } from '../spell.js'
import { bars } from './bars.js'
import { html, type Markup } from './markup.js'

const WHEN = new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeStyle: 'short' })

/** How long this run took beside those before it. */
export function historyOf({ runs }: Facts): Markup {
  const shown = runs.map(({ at, tookMs, computed, replayed }, i) => ({
    name: html`${i === runs.length - 1 ? html`<b>this run</b>` : WHEN.format(at)}`,
    value: tookMs,
    said: `${spell.time(tookMs)} · ${spell.number(computed)} computed, ${spell.number(replayed)} replayed`,
    paint: computed === 0 ? 'layer-1' : 'computed',
  }))
  const hint =
    runs.length === 1
      ? html`<p class="hint">Start it again: the second run is added here, and computes nothing. Then edit one document, and start it a third time.</p>`
      : undefined
  return html`<section><h2>This run, and those before</h2>${bars(shown)}${hint}</section>`
}
