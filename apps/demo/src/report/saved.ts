import type { LayerStats } from '@granary/core'
import type { Facts } from '../facts.js'
import type { Volume } from '../layers.js'
import { spell } from '../spell.js'
import { bars } from './bars.js'
import { html, type Markup } from './markup.js'

/** What did not have to be done again, or kept. */
export function savedOf(facts: Facts): Markup {
  const { run, whole, volume, stats } = facts
  const byWorker = Array.from(stats, ([name, { savedMs }]) => ({
    name,
    value: savedMs,
    said: spell.time(savedMs),
    paint: 'layer-1',
  }))
  const sizes = [
    { name: 'as they are', value: volume.raw, said: spell.size(volume.raw) },
    { name: 'compressed', value: volume.kept, said: spell.size(volume.kept), paint: 'layer-1' },
  ]
  return html`<section><h2>What was saved</h2><div class="two">
    <div><h3>Work, in this run: ${spell.time(run.savedMs)}</h3>${bars(byWorker)}
      <p>Since the cache was begun, <b>${spell.count(whole.saved.hits, 'answer')}</b> came from it, and <b>${spell.time(whole.saved.ms)}</b> of work did not have to be done again.</p></div>
    <div><h3>Space, of values that were compressed: ${part(volume)} kept</h3>${bars(sizes)}
      <p>Those of a kilobyte and more are compressed on their way to the disk.</p></div></div>
    <table><thead><tr><th>layer</th><th>answers in this run</th><th>entries</th><th>size</th><th>a read takes (median)</th><th>99 of 100 at most</th></tr></thead>
    <tbody>${whole.layers.map(layer)}</tbody></table></section>`
}

function part({ raw, kept }: Volume): string {
  return raw === 0 ? 'nothing' : `${Math.round((kept / raw) * 100)} %`
}

function layer({ name, hits, entries, bytes, latency: { get } }: LayerStats): Markup {
  const time = (ms: number) => (get.count === 0 ? '–' : spell.shortTime(ms))
  return html`<tr><th>${name}</th><td>${spell.number(hits)}</td><td>${spell.number(entries)}</td><td>${spell.size(bytes)}</td><td>${time(get.p50)}</td><td>${time(get.p99)}</td></tr>`
}
