import fc from 'fast-check'
import { expect } from 'vitest'
import type { GraphEvent, WorkEvent } from '../src/index.js'
import { drawings, play, type Sketch, sketch } from './random-graphs.js'
import { expectedOf } from './random-graphs-model.js'
import { settled } from './workers.js'

/** Plays so many random graphs, each twice, with work that takes no time and with work that takes any. */
export async function playMany(runs: number) {
  const tally = { played: 0, refused: 0, done: 0, failed: 0, joined: 0, skipped: 0 }
  await fc.assert(
    fc.asyncProperty(drawings, fc.infiniteStream(fc.nat({ max: 3 })), async (drawing, holds) => {
      const drawn = sketch(drawing)
      const expected = expectedOf(drawn)
      fc.pre(expected !== undefined)
      const quick = await play(drawn, () => 0)
      if (isRefusal(quick.error)) {
        tally.refused++
        fc.pre(false)
      }
      const slow = await play(drawn, () => holds.next().value ?? 0)
      expect(expected?.stray).toBe(0)
      const limits = limitsOf(drawn)
      for (const played of [quick, slow]) {
        expect(played.error).toBeUndefined()
        expect(works(played.events, 'done').toSorted()).toEqual(expected.done.toSorted())
        expect(works(played.events, 'fail').toSorted()).toEqual(expected.failed.toSorted())
        expect(works(played.events, 'start').toSorted()).toEqual(
          [...expected.done, ...expected.failed].filter(isWork).toSorted(),
        )
        expect(works(played.events, 'abort')).toEqual([])
        expect(works(played.events, 'skip').toSorted()).toEqual(expected.skipped.toSorted())
        expect(played.joined.map(withSortedParts).toSorted()).toEqual(expected.joined.toSorted())
        expect(played.collected.toSorted()).toEqual(expected.collected.toSorted())
        expect(played.result).toMatchObject({ inputs: drawing.inputs, succeeded: expected.succeeded })
        expect(played.events.filter(({ type }) => type === 'finish')).toHaveLength(drawing.inputs)
        for (const [name, most] of played.most) expect(most).toBeLessThanOrEqual(limits.get(name) ?? 0)
      }
      // Not only the same tasks: in the same order, also within each join.
      expect(slow.collected).toEqual(quick.collected)
      expect(slow.joined.toSorted()).toEqual(quick.joined.toSorted())

      tally.played++
      for (const what of ['done', 'failed', 'joined', 'skipped'] as const) tally[what] += expected[what].length
    }),
    { numRuns: runs, maxSkipsPerRun: 1_000 },
  )
  return tally
}

/** Plays so many random graphs, and aborts each somewhere. */
export async function abortMany(runs: number): Promise<number> {
  let aborted = 0
  await fc.assert(
    fc.asyncProperty(drawings, fc.nat({ max: 60 }), fc.nat({ max: 2 }), async (drawing, at, turns) => {
      const drawn = sketch(drawing)
      fc.pre(expectedOf(drawn) !== undefined)
      const caller = new AbortController()
      let seen = 0
      let begunBefore = 0
      const played = await play(drawn, () => turns, {
        signal: caller.signal,
        onEvent: ({ type }) => {
          if (type === 'start') begunBefore += caller.signal.aborted ? 1_000_000 : 1
          if (++seen === at) caller.abort('enough')
        },
      })
      fc.pre(!isRefusal(played.error) && caller.signal.aborted)
      await settled()
      expect(played.error).toBe('enough')
      const ended = ['done', 'fail', 'abort'].flatMap((type) => works(played.events, type))
      expect(new Set(ended).size).toBe(ended.length)
      for (const begun of works(played.events, 'start')) expect(ended).toContain(begun)
      expect(begunBefore).toBeLessThan(1_000_000)
      const origins = played.joined.map((each) => each.slice(0, each.indexOf(' =')))
      expect(new Set(origins).size).toBe(origins.length)
      aborted++
    }),
    { numRuns: runs, maxSkipsPerRun: 1_000 },
  )
  return aborted
}

function limitsOf({ drawing, nodes }: Sketch): Map<string, number> {
  const limits = nodes.map(({ name, worker }) => [name, worker?.limit ?? 0] as const)
  return new Map([...limits, ['all', drawing.concurrency]])
}

function isWork(work: string): boolean {
  return work.startsWith('w')
}

/** Work of a kind, as `worker id`. */
function works(events: readonly GraphEvent[], kind: string): string[] {
  return events.flatMap((event) => ('worker' in event && event.type === kind ? [`${event.worker} ${idOf(event)}`] : []))
}

function withSortedParts(joined: string): string {
  const [head = '', parts = ''] = joined.split(' = ')
  return `${head} = ${parts.split(' ').sort().join(' ')}`
}

function isRefusal(error: unknown): boolean {
  return (error as { code?: string } | undefined)?.code === 'INVALID_GRAPH'
}

function idOf({ delivery }: WorkEvent): string {
  return (delivery?.task as { id?: string } | undefined)?.id ?? 'none'
}
