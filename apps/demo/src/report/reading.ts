import type { Facts } from '../facts.js'
import { distinctOf, nameOf, READABLE_WORDS } from '../insights.js'
import type { Finding } from '../pipeline.js'
import { spell } from '../spell.js'
import { figure, px, short } from './figure.js'
import { html, type Markup } from './markup.js'

const [WIDTH, HEIGHT] = [920, 330]
const BOX = { left: 118, right: 900, top: 14, bottom: 288 }
/** Flesch's own names for what is between. */
const LEVELS = [
  [90, 'very easy'],
  [60, 'plain'],
  [30, 'difficult'],
  [0, 'very difficult'],
] as const

interface Dot {
  readonly finding: Finding
  readonly words: number
  readonly ease: number
}

/** Each document by its length and by how easy it is to read. */
export function readingOf({ outcome, corpus }: Facts): Markup | undefined {
  const dots = distinctOf(outcome.findings).flatMap((finding): Dot[] => {
    const { readingEase, words } = finding.analysis
    return readingEase === null ? [] : [{ finding, words, ease: Math.min(100, Math.max(0, readingEase)) }]
  })
  if (dots.length < 2) return undefined
  const [least, most] = [Math.min(...dots.map(({ words }) => words)), Math.max(...dots.map(({ words }) => words))]
  const x = (words: number) =>
    BOX.left + (BOX.right - BOX.left) * (Math.log(words / least) / Math.max(Math.log(most / least), 1e-9)) * 0.97 + 8
  const y = (ease: number) => BOX.bottom - (BOX.bottom - BOX.top) * (ease / 100)
  const marks = [100, 200, 500, 1_000, 2_000, 5_000, 10_000, 50_000].filter((words) => words >= least && words <= most)
  const named = notable(dots)
  const body = html`
    ${LEVELS.map(([ease, name]) => html`<path class="grid" d="M${BOX.left} ${px(y(ease))} H${BOX.right}"/><text class="soft end" x="${BOX.left - 10}" y="${px(y(ease) + 4)}">${name} ${ease}</text>`)}
    ${marks.map((words) => html`<text class="soft middle" x="${px(x(words))}" y="${BOX.bottom + 18}">${spell.number(words)}</text>`)}
    <text class="soft end" x="${BOX.right}" y="${BOX.bottom + 36}">words →</text>
    ${dots.map(({ finding, words, ease }) => html`<circle class="${finding.analysis.words < READABLE_WORDS ? 'dot small' : 'dot'}" cx="${px(x(words))}" cy="${px(y(ease))}" r="${px(3 + Math.sqrt(words / most) * 9)}"><title>${nameOf(finding.file.path, corpus.root)}: ${spell.count(words, 'word')}, reading ease ${Math.round(finding.analysis.readingEase ?? 0)}</title></circle>`)}
    ${named.map((dot) => {
      const right = x(dot.words) < WIDTH * 0.7
      return html`<text class="note ${right ? '' : 'end'}" x="${px(x(dot.words) + (right ? 15 : -15))}" y="${px(y(dot.ease) + 4)}">${short(nameOf(dot.finding.file.path, corpus.root), 40)}</text>`
    })}`
  return html`<section><h2>How they read</h2>
    ${figure(WIDTH, HEIGHT, 'Documents by length and reading ease', body)}
    <p class="hint">Flesch reading ease of the English documents of a hundred words and more: the higher, the easier. Pale: shorter than ${READABLE_WORDS} words.</p></section>`
}

/** The longest, the easiest and the hardest, each once. */
function notable(dots: readonly Dot[]): Dot[] {
  const long = dots.filter(({ words }) => words >= READABLE_WORDS)
  const best = (measure: (dot: Dot) => number) => [...long].sort((a, b) => measure(b) - measure(a)).slice(0, 1)
  return [...new Set([...best(({ words }) => words), ...best(({ ease }) => ease), ...best(({ ease }) => -ease)])]
}
