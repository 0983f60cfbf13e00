// One entry's life under each policy of freshness: played on real caches with a clock that is moved by hand, and drawn.
import { setImmediate } from 'node:timers/promises'
import { createCache, type FreshnessOptions } from '@granary/core'
import { memory } from '@granary/memory'
import { FakeClock } from '@granary/testkit'

const STEP = 500
const END = 40_000
const TTL = 10_000
/** The source takes its time, and is down for a while. */
const COMPUTE = 1_500
const DOWN = { from: 14_000, to: 30_000, fails: 500 }

/** What each line of the picture has in addition to a TTL. */
const POLICIES: readonly (readonly [name: string, options: FreshnessOptions])[] = [
  ['a TTL alone', {}],
  ['eagerRefresh: 0.8', { eagerRefresh: 0.8 }],
  ["staleWhileRevalidate: '8s'", { staleWhileRevalidate: '8s', retryAfter: '4s' }],
  ["staleIfError: '12s'", { staleIfError: '12s', retryAfter: '4s' }],
  ["… and softTimeout: '500ms'", { staleIfError: '12s', retryAfter: '4s', softTimeout: '500ms' }],
  ["negativeTtl: { Down: '3s' }", { negativeTtl: { Down: '3s' } }],
]

interface Call {
  readonly asked: number
  answered: number
  kind: 'fresh' | 'stale' | 'error'
}

interface Computation {
  readonly from: number
  to: number
  fails: boolean
}

interface Life {
  readonly calls: readonly Call[]
  readonly computations: readonly Computation[]
}

class Down extends Error {
  override readonly name = 'Down'
}

/** One caller every half second, for forty seconds. */
async function play(options: FreshnessOptions): Promise<Life> {
  const clock = new FakeClock()
  const began = clock.now()
  const now = () => clock.now() - began
  const calls: Call[] = []
  const computations: Computation[] = []
  const cache = createCache({ layers: [memory()], clock, ttl: TTL, ...options })

  const compute = () => {
    const fails = now() >= DOWN.from && now() < DOWN.to
    const own = { from: now(), to: END, fails }
    computations.push(own)
    return new Promise<Computation>((resolve, reject) => {
      clock.after(fails ? DOWN.fails : COMPUTE, () => {
        own.to = now()
        if (fails) reject(new Down('the source is down'))
        else resolve({ ...own })
      })
    })
  }

  const ask = async () => {
    const call: Call = { asked: now(), answered: END, kind: 'error' }
    calls.push(call)
    try {
      const { to } = await cache.getOrCompute('k', compute)
      call.kind = now() < to + TTL ? 'fresh' : 'stale'
    } catch (error) {
      if (!(error instanceof Down)) throw error
    }
    call.answered = now()
  }

  const asked: Promise<void>[] = []
  for (let at = 0; at < END; at += STEP) {
    asked.push(ask())
    await setImmediate()
    clock.advance(STEP)
    await setImmediate()
  }
  clock.advance(COMPUTE)
  await Promise.all(asked)
  await cache.close()
  return { calls, computations }
}

const LEFT = 190
const WIDTH = 800
const ROW = 56
const TOP = 70
const COLORS = {
  fresh: '#1a7f37',
  stale: '#bf8700',
  error: '#cf222e',
  work: '#0969da',
  text: '#1f2328',
  line: '#d1d9e0',
}

const x = (ms: number): string => (LEFT + (Math.min(ms, END) / END) * WIDTH).toFixed(1)

/** The picture, as an SVG document. */
export async function timeline(): Promise<string> {
  const rows: string[] = []
  for (const [i, [name, options]] of POLICIES.entries()) rows.push(row(name, await play(options), TOP + i * ROW))
  const bottom = TOP + POLICIES.length * ROW
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${LEFT + WIDTH + 20} ${bottom + 58}" font-family="system-ui, sans-serif" font-size="12" fill="${COLORS.text}">`,
    '<title>One entry under each policy of freshness</title>',
    '<rect width="100%" height="100%" fill="#ffffff"/>',
    `<rect x="${x(DOWN.from)}" y="24" width="${Number(x(DOWN.to)) - Number(x(DOWN.from))}" height="${bottom - 24}" fill="#ffebe9"/>`,
    `<text x="${x((DOWN.from + DOWN.to) / 2)}" y="18" text-anchor="middle" fill="${COLORS.error}">the source is down</text>`,
    ...axis(bottom),
    ...rows,
    ...legend(bottom + 44),
    '</svg>',
  ].join('\n')}\n`
}

function axis(bottom: number): string[] {
  return Array.from({ length: END / 5_000 + 1 }, (_, i) => i * 5_000).map(
    (ms) =>
      `<line x1="${x(ms)}" y1="40" x2="${x(ms)}" y2="${bottom}" stroke="${COLORS.line}"/><text x="${x(ms)}" y="36" text-anchor="middle">${ms / 1_000} s</text>`,
  )
}

/** A line of callers, each with its wait, over the computations that they caused. */
function row(name: string, { calls, computations }: Life, top: number): string {
  const answers = calls.map(({ asked, answered, kind }) => {
    const wait =
      answered > asked
        ? `<line x1="${x(asked)}" y1="${top}" x2="${x(answered)}" y2="${top}" stroke="${COLORS[kind]}" stroke-width="2"/>`
        : ''
    return `${wait}<circle cx="${x(asked)}" cy="${top}" r="3.5" fill="${COLORS[kind]}"/>`
  })
  const work = computations.map(({ from, to, fails }) => {
    const color = fails ? COLORS.error : COLORS.work
    return `<rect x="${x(from)}" y="${top + 12}" width="${(Number(x(to)) - Number(x(from))).toFixed(1)}" height="6" fill="${color}"/>`
  })
  return [`<text x="8" y="${top + 4}">${name}</text>`, ...answers, ...work].join('\n')
}

function legend(y: number): string[] {
  const entries = [
    ['fresh', 'a caller gets a fresh value'],
    ['stale', 'a stale one'],
    ['error', 'the error'],
    ['work', 'a computation (red: it fails); a line is a caller’s wait'],
  ] as const
  const places = [LEFT, LEFT + 190, LEFT + 290, LEFT + 380]
  return entries.map(([kind, text], i) => {
    const at = places[i] ?? LEFT
    const sign =
      kind === 'work'
        ? `<rect x="${at - 4}" y="${y - 7}" width="16" height="6" fill="${COLORS.work}"/>`
        : `<circle cx="${at}" cy="${y - 4}" r="3.5" fill="${COLORS[kind]}"/>`
    return `${sign}<text x="${at + (kind === 'work' ? 18 : 10)}" y="${y}">${text}</text>`
  })
}
