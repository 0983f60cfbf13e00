/** One bar of a chart. */
export interface Bar {
  readonly label: string
  /** More than 0. */
  readonly value: number
  /** What stands behind the bar. */
  readonly note: string
  /** Granary's own bars stand out. */
  readonly isOurs: boolean
  /** Where the target is, if there is one. */
  readonly target?: number
}

const LABELS = 250
const BARS = 420
const NOTES = 130
const ROW = 24
const TOP = 44
const COLOURS = { ours: '#2f6f4f', others: '#9aa5b1', target: '#c2410c', text: '#1f2933', grid: '#e4e7eb' }

/** A picture of bars on a logarithmic scale, as SVG: ratios of 0.5 and 2 are as far from 1. */
export function barChart(title: string, bars: readonly Bar[]): string {
  const values = bars.flatMap(({ value, target }) => [value, ...(target === undefined ? [] : [target])])
  const low = Math.floor(Math.log10(Math.min(...values) * 0.8))
  const high = Math.ceil(Math.log10(Math.max(...values) * 1.05))
  const x = (value: number) => LABELS + (BARS * (Math.log10(value) - low)) / Math.max(1, high - low)
  const height = TOP + bars.length * ROW + 28
  const decades = Array.from({ length: high - low + 1 }, (_, i) => 10 ** (low + i))
  const grid = decades.map((value) => {
    const at = x(value).toFixed(1)
    return [
      `<line x1="${at}" y1="${TOP - 6}" x2="${at}" y2="${height - 22}" stroke="${COLOURS.grid}"/>`,
      `<text x="${at}" y="${height - 8}" text-anchor="middle" font-size="11">${value}×</text>`,
    ].join('\n')
  })
  const width = LABELS + BARS + NOTES
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escaped(title)}" font-family="system-ui, sans-serif" fill="${COLOURS.text}">
<rect width="${width}" height="${height}" fill="#ffffff"/>
<text x="8" y="22" font-size="15" font-weight="600">${escaped(title)}</text>
${grid.join('\n')}
${bars.map((bar, i) => drawn(bar, TOP + i * ROW, x)).join('\n')}
</svg>
`
}

function drawn({ label, value, note, isOurs, target }: Bar, y: number, x: (value: number) => number): string {
  const middle = y + 13
  const width = Math.max(1, x(value) - LABELS)
  const marker =
    target === undefined
      ? ''
      : `\n<line x1="${x(target).toFixed(1)}" y1="${y - 1}" x2="${x(target).toFixed(1)}" y2="${y + 19}" stroke="${COLOURS.target}" stroke-width="2"/>`
  return `<text x="${LABELS - 8}" y="${middle}" text-anchor="end" font-size="12">${escaped(label)}</text>
<rect x="${LABELS}" y="${y}" width="${width.toFixed(1)}" height="18" rx="2" fill="${isOurs ? COLOURS.ours : COLOURS.others}"/>${marker}
<text x="${(LABELS + width + 6).toFixed(1)}" y="${middle}" font-size="11">${escaped(note)}</text>`
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}
