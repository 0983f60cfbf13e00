import type { Facts } from '../facts.js'
import { nameOf } from '../insights.js'
import { isReal, nameOfModel } from '../model.js'
import { costOf } from '../summaries.js'
import { html, type Markup } from './markup.js'

/** The summaries of the longest documents. */
export function inShort({ outcome, corpus, model, asked }: Facts): Markup | undefined {
  if (outcome.summaries.length === 0) return undefined
  return html`<section><h2>The longest, in short</h2>
    <div class="cards">${outcome.summaries.map(
      (each) => html`<article><h3><bdi>${nameOf(each.path, corpus.root)}</bdi></h3>
        ${'summary' in each ? html`<p>${each.summary}</p>` : html`<p class="soft">not summarized: ${each.reason}</p>`}</article>`,
    )}</div>
    <p class="hint">By ${nameOfModel(model)}. ${costOf(asked, isReal(model))}</p></section>`
}
