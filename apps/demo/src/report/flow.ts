import type { CacheStats } from '@granary/core'
import type { Facts } from '../facts.js'
import { spell } from '../spell.js'
import { figure, px } from './figure.js'
import { html, type Markup } from './markup.js'

const [WIDTH, HEIGHT] = [196, 76]

/** Where the workers stand, and what they hand on. */
const PLACES: Readonly<Record<string, readonly [x: number, y: number]>> = {
  read: [150, 92],
  analyse: [410, 20],
  sketch: [410, 164],
  compare: [720, 164],
  summarize: [720, 20],
}
const WAYS = [
  ['read', 'analyse', ''],
  ['read', 'sketch', ''],
  ['analyse', 'summarize', 'the longest'],
  ['sketch', 'compare', 'all together'],
] as const

/** The graph of workers, each with who answered it. */
export function flowOf({ stats, corpus }: Facts): Markup {
  const [first] = stats.values()
  const layers = first?.layers.map(({ name }) => name) ?? []
  const body = html`
    <g class="file"><path d="M14 100 h34 l14 14 v46 h-48 z M48 100 v14 h14"/><text x="38" y="180" class="middle soft">${spell.count(corpus.paths.length, 'file')}</text></g>
    <path class="way" d="M70 130 H146" marker-end="url(#tip)"/>
    ${WAYS.map(([from, to, said]) => way(from, to, said))}
    ${[...stats].map(([name, each]) => worker(name, each))}
    <defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path class="tip" d="M0 0 L8 4 L0 8 z"/></marker></defs>`
  return html`<section><h2>What each layer answered</h2>
    ${figure(920, 262, 'The workers of the graph, and which layer answered each of them', body)}
    <p class="legend">${layers.map((name, i) => html`<span><i class="layer-${i}"></i>${name}</span>`)}<span><i class="computed"></i>computed</span></p>
    ${tableOf(stats)}</section>`
}

function way(from: string, to: string, said: string): Markup {
  const [x1 = 0, y1 = 0] = PLACES[from] ?? []
  const [x2 = 0, y2 = 0] = PLACES[to] ?? []
  const [a, b] = [y1 + HEIGHT / 2, y2 + HEIGHT / 2]
  const middle = (x1 + WIDTH + x2) / 2
  return html`<path class="way" d="M${x1 + WIDTH} ${a} C${middle} ${a} ${middle} ${b} ${x2 - 4} ${b}" marker-end="url(#tip)"/>
    <text x="${middle}" y="${b - 10}" class="middle soft">${said}</text>`
}

function worker(name: string, stats: CacheStats): Markup {
  const [x = 0, y = 0] = PLACES[name] ?? []
  const shares = [...stats.layers.map(({ hits }) => hits), stats.computations]
  const all = shares.reduce((sum, share) => sum + share, 0) || 1
  let at = 0
  return html`<g transform="translate(${x} ${y})"><rect class="box" width="${WIDTH}" height="${HEIGHT}" rx="10"/>
    <text x="14" y="26" class="name">${name}</text>
    <text x="14" y="45" class="soft">${spell.number(stats.computations)} computed, ${spell.number(stats.hits)} replayed</text>
    ${shares.map((share, i) => {
      const from = at
      at += share
      const paint = i < stats.layers.length ? `layer-${i}` : 'computed'
      const who = stats.layers[i]?.name ?? 'computed'
      if (share === 0) return undefined
      return html`<rect class="${paint}" x="${px(14 + (from / all) * (WIDTH - 28))}" y="56" width="${px((share / all) * (WIDTH - 28))}" height="8"><title>${who}: ${share}</title></rect>`
    })}</g>`
}

function tableOf(stats: Facts['stats']): Markup {
  const names = [...stats.values()][0]?.layers.map(({ name }) => name) ?? []
  return html`<table><thead><tr><th>worker</th>${names.map((name) => html`<th>${name}</th>`)}<th>computed</th><th>time spent</th><th>time saved</th></tr></thead>
    <tbody>${[...stats].map(
      ([worker, { layers, computations, computeMs, savedMs }]) => html`
      <tr><th>${worker}</th>${layers.map(({ hits }) => html`<td>${spell.number(hits)}</td>`)}<td>${spell.number(computations)}</td><td>${spell.time(computeMs)}</td><td>${spell.time(savedMs)}</td></tr>`,
    )}</tbody></table>`
}
