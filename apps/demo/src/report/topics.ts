import { hierarchy, pack } from 'd3-hierarchy'
import type { Facts } from '../facts.js'
import { distinctOf, ranked } from '../insights.js'
import { spell } from '../spell.js'
import { bars } from './bars.js'
import { figureAround, px } from './figure.js'
import { html, type Markup } from './markup.js'

const SIZE = 520
const PHRASES = 24
/** Said in many documents, and what none is about. */
const ASIDE = /licen[cs]e/
const LANGUAGES = 8
/** A width of a letter, for its size. */
const LETTER = 0.68

interface Bubble {
  readonly phrase: string
  readonly documents: number
}

/** What is spoken of, the larger the more documents do, and in which languages. */
export function topicsOf({ outcome }: Facts): Markup {
  const distinct = distinctOf(outcome.findings)
  const all = ranked(
    distinct.flatMap(({ analysis }) => analysis.phrases).filter((phrase) => !ASIDE.test(phrase)),
  ).slice(0, PHRASES)
  const bubbles = all.map(([phrase, documents]) => ({ phrase, documents }))
  const languages = ranked(distinct.map(({ analysis }) => spell.language(analysis.language)))
  const shown = languages
    .slice(0, LANGUAGES)
    .map(([name, value]) => ({ name, value, said: spell.number(value), paint: 'layer-0' }))
  return html`<section><h2>What the documents are about</h2><div class="two">
    <div>${bubbles.length === 0 ? html`<p class="hint">No English phrases in them.</p>` : packed(bubbles)}</div>
    <div><h3>Languages</h3>${bars(shown)}
      ${languages.length > LANGUAGES ? html`<p class="soft">and ${languages.length - LANGUAGES} more</p>` : undefined}
      <p class="hint">The phrases are the names of two words or more that each document uses most. The larger a circle, the more documents speak of it. Licences are left out.</p></div>
  </div></section>`
}

function packed(bubbles: readonly Bubble[]): Markup {
  const root = hierarchy<{ children?: readonly Bubble[] } | Bubble>({ children: bubbles }).sum((each) =>
    'documents' in each ? each.documents : 0,
  )
  const most = bubbles[0]?.documents ?? 1
  const leaves = pack<{ children?: readonly Bubble[] } | Bubble>().size([SIZE, SIZE]).padding(4)(root).leaves()
  const circles = leaves.map(({ data, x, y, r }) => {
    const { phrase, documents } = data as Bubble
    return html`<g transform="translate(${px(x)} ${px(y)})"><title>${phrase}: ${spell.count(documents, 'document')}</title>
      <circle class="topic" r="${px(r)}" fill-opacity="${(0.45 + (0.55 * documents) / most).toFixed(2)}"/>${label(phrase, r)}</g>`
  })
  return figureAround(leaves, 'The phrases that most documents speak of', circles)
}

/** The words of a phrase below each other, as large as fits; none where that is too small to read. */
function label(phrase: string, radius: number): Markup | undefined {
  const words = phrase.split(' ')
  const longest = Math.max(...words.map(({ length }) => length))
  const size = Math.min((1.75 * radius) / (longest * LETTER), (1.25 * radius) / words.length, 19)
  if (size < 6) return undefined
  return html`<text class="middle on-topic" style="font-size: ${px(size)}px">${words.map(
    (word, i) => html`<tspan x="0" y="${px((i - (words.length - 1) / 2) * size * 1.05 + size * 0.34)}">${word}</tspan>`,
  )}</text>`
}
