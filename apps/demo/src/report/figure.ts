import { html, type Markup, type Part } from './markup.js'

/** A picture that grows with the page; `label` says in words what it shows. */
export function figure(width: number, height: number, label: string, body: Part): Markup {
  return html`<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${label}">${body}</svg>`
}

interface Circle {
  readonly x: number
  readonly y: number
  readonly r: number
}

/** A picture of circles, as large as they are. */
export function figureAround(circles: readonly Circle[], label: string, body: Part): Markup {
  const left = Math.min(...circles.map(({ x, r }) => x - r)) - 2
  const top = Math.min(...circles.map(({ y, r }) => y - r)) - 2
  const right = Math.max(...circles.map(({ x, r }) => x + r)) + 2
  const bottom = Math.max(...circles.map(({ y, r }) => y + r)) + 2
  const box = [left, top, right - left, bottom - top].map(px).join(' ')
  return html`<svg class="packed" viewBox="${box}" role="img" aria-label="${label}">${body}</svg>`
}

/** A coordinate, to a tenth of a pixel: more makes the page longer and not sharper. */
export function px(value: number): string {
  return value.toFixed(1).replace(/\.0$/, '')
}

/** A text cut to a number of characters. */
export function short(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`
}

/** Round numbers from 0 on, some four of them, up to the most. */
export function ticks(most: number): number[] {
  if (!(most > 0)) return [0]
  const magnitude = 10 ** Math.floor(Math.log10(most / 4))
  const step = magnitude * ([1, 2, 5, 10].find((factor) => most / (factor * magnitude) <= 5) ?? 10)
  return Array.from({ length: Math.floor(most / step) + 1 }, (_, i) => i * step)
}
