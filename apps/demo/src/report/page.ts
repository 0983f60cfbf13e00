import type { Facts } from '../facts.js'
import { distinctOf } from '../insights.js'
import { spell } from '../spell.js'
import { alikeOf } from './alike.js'
import { flowOf } from './flow.js'
import { historyOf } from './history.js'
import { inShort } from './in-short.js'
import { html, Markup } from './markup.js'
import { readingOf } from './reading.js'
import { savedOf } from './saved.js'
import { STYLE } from './style.js'
import { timelineOf } from './timeline.js'
import { topicsOf } from './topics.js'

const ON = new Intl.DateTimeFormat('en', { dateStyle: 'long', timeStyle: 'short' })

/** The report as a page of HTML that needs nothing but itself: no script, no font, no request. */
export function pageOf(facts: Facts): string {
  const { corpus, run } = facts
  const { text } = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<link rel="icon" href="data:,">
<title>Granary: ${corpus.title}</title>
<style>${new Markup(STYLE)}</style>
</head>
<body>
<header>${EAR}<p class="over">Granary · the demo</p>
<h1>${headline(facts)}</h1>
<p class="soft"><bdi>${corpus.title}</bdi> · ${ON.format(run.at)}</p>
${tiles(facts)}</header>
<main>
${historyOf(facts)}
${topicsOf(facts)}
${alikeOf(facts)}
${readingOf(facts)}
${flowOf(facts)}
${timelineOf(facts)}
${savedOf(facts)}
${inShort(facts)}
</main>
<footer><p>Made by <code>npm start</code>. Point at anything in a picture to be told what it is.</p></footer>
</body>
</html>
`
  return text
}

function headline({ run: { computed, replayed, tookMs } }: Facts): string {
  // A number and its unit stay on one line.
  const took = spell.time(tookMs).replace(' ', '\u00a0')
  if (computed === 0) return `Everything came from the cache, in ${took}`
  const rest = replayed === 0 ? '' : `, ${spell.number(replayed)} came from the cache`
  return `${spell.count(computed, 'result')} computed in ${took}${rest}`
}

function tiles({ outcome, run, whole }: Facts): Markup {
  const distinct = distinctOf(outcome.findings)
  const words = distinct.reduce((sum, { analysis }) => sum + analysis.words, 0)
  const tile = (value: string, what: string) => html`<div><b>${value}</b><span>${what}</span></div>`
  return html`<div class="tiles">
    ${tile(spell.number(distinct.length), 'different documents')}
    ${tile(spell.number(words), 'words')}
    ${tile(spell.number(run.computed), 'computed now')}
    ${tile(spell.number(run.replayed), 'from the cache')}
    ${tile(spell.time(whole.saved.ms), 'of work saved so far')}
  </div>`
}

/** An ear of wheat. */
const EAR = html`<svg class="ear" viewBox="0 0 60 130" aria-hidden="true"><path class="stalk" d="M30 128 V20"/>${[
  0, 1, 2, 3, 4,
].map(
  (i) =>
    html`<g transform="translate(30 ${34 + i * 16})"><path d="M0 0 C-20 -4 -20 -18 -16 -24 C-6 -20 0 -10 0 0z"/><path d="M0 0 C20 -4 20 -18 16 -24 C6 -20 0 -10 0 0z"/></g>`,
)}<path d="M30 24 C22 14 24 6 30 0 C36 6 38 14 30 24z"/></svg>`
