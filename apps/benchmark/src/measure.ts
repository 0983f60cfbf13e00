import type { Case, Contest, Side } from './case.js'

export interface Measured {
  /** Median of the rounds' ratios. */
  readonly ratio: number
  readonly lowest: number
  readonly highest: number
  /** Nanoseconds of one operation, medians; the subject's without the allowance. */
  readonly subjectNs: number
  readonly referenceNs: number
  readonly rounds: number
  /** Operations in each run. */
  readonly operations: number
}

export interface Effort {
  readonly rounds: number
  /** How long one run of the reference should take, in milliseconds. */
  readonly runMs: number
}

type Timed = Omit<Contest, 'close'>

/** Lets the sides of a case take turns, so that what else the machine does falls on all of them alike. */
export async function measure(
  { measure: kind, clock, batch = 1, most = Infinity }: Pick<Case, 'measure' | 'clock' | 'batch' | 'most'>,
  contest: Timed,
  { rounds, runMs }: Effort,
): Promise<Measured> {
  const time = timerOf(clock)
  const operations = await calibrate(time, contest, batch, Math.floor(most / batch) * batch, runMs)
  const times: { subject: number; reference: number }[] = []
  for (let round = 0; round < rounds; round++) times.push(await takeTurns(time, contest, operations, round % 2 === 1))
  const ratios = times.map(({ subject, reference }) => (kind === 'time' ? subject / reference : reference / subject))
  return {
    ratio: median(ratios),
    lowest: Math.min(...ratios),
    highest: Math.max(...ratios),
    subjectNs: (median(times.map(({ subject }) => subject)) * 1e6) / operations,
    referenceNs: (median(times.map(({ reference }) => reference)) * 1e6) / operations,
    rounds,
    operations,
  }
}

/** One round; the order changes from round to round. */
async function takeTurns(
  time: Timer,
  { subject, reference, allowance }: Timed,
  operations: number,
  backwards: boolean,
): Promise<{ subject: number; reference: number }> {
  const sides = [subject, reference, ...(allowance === undefined ? [] : [allowance])]
  const took = new Map<Side, number>()
  for (const side of backwards ? sides.reverse() : sides) took.set(side, await time(side, operations))
  const spared = allowance === undefined ? 0 : (took.get(allowance) as number)
  return { subject: (took.get(subject) as number) - spared, reference: took.get(reference) as number }
}

/** Finds how many operations fill a run, and warms all sides up while it does. */
async function calibrate(
  time: Timer,
  { subject, reference, allowance }: Timed,
  batch: number,
  most: number,
  runMs: number,
): Promise<number> {
  let operations = batch
  while (operations < most) {
    // Twice, since one may have been interrupted.
    const took = Math.min(await time(reference, operations), await time(reference, operations))
    if (took >= runMs / 2) break
    const factor = Math.min(10, Math.max(2, runMs / Math.max(took, 0.01)))
    operations = Math.min(most, Math.ceil((operations * factor) / batch) * batch)
  }
  for (const side of [subject, reference, allowance]) if (side !== undefined) await time(side, operations)
  return operations
}

/** Milliseconds that a run takes. */
type Timer = (side: Side, operations: number) => Promise<number>

function timerOf(clock: Case['clock']): Timer {
  const now = clock === 'wall' || process.threadCpuUsage === undefined ? () => performance.now() : threadTime
  return async (side, operations) => {
    await side.ready?.(operations)
    globalThis.gc?.()
    const began = now()
    await side.run(operations)
    return now() - began
  }
}

function threadTime(): number {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1_000
}

export function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1
    ? (sorted[middle] as number)
    : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2
}
