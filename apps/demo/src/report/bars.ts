import { html, type Markup, type Part } from './markup.js'

export interface Bar {
  readonly name: Part
  readonly value: number
  readonly said: string
  /** A class of the page's style that colours it. */
  readonly paint?: string
}

/** Names with bars beside them, each as long as its value. */
export function bars(all: readonly Bar[]): Markup {
  const most = Math.max(...all.map(({ value }) => value), Number.MIN_VALUE)
  return html`<div class="bars">${all.map(
    ({ name, value, said, paint = 'computed' }) => html`
      <div class="bar"><bdi>${name}</bdi>
        <svg viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">
          <rect class="track" width="100" height="10"/><rect class="${paint}" width="${Math.max((value / most) * 100, 0.6)}" height="10"/>
        </svg><span>${said}</span></div>`,
  )}</div>`
}
