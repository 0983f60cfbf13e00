import { getHeapStatistics } from 'node:v8'
import { GranaryError, isPromise } from '@granary/core'
import { randomFrom } from './random.js'
import { whyWrong } from './right-value.js'
import { type Input, KEY, type Target } from './targets.js'

/** Longest that one input may take, in ms. */
const LONGEST = 50
/** Most memory that one input may take: the window of zstd and what V8 does by itself, not the gigabytes that an input can claim. */
const MOST_BYTES = 16 * 1024 ** 2
/** What took too long or too much is tried again as often: another program on the machine, or the collector, is not to blame for it. */
const REPEATS = 3
/** Of so many inputs, the value of one is written and read again: that takes longer than all the rest. */
const THOROUGH = 4

/** How a codec took an input: `'value'`, or why it refused it; anything else is a finding. */
type Outcome = 'value' | `CORRUPT ${string}`

/** Something that must not be. */
interface Finding {
  readonly target: string
  readonly why: string
  readonly hex: string
}

export interface Report {
  readonly inputs: number
  /** How often each target had each outcome: all of them, so that one can see that every decoder was reached. */
  readonly outcomes: ReadonlyMap<string, number>
  /** An input for each of them, the first. */
  readonly examples: ReadonlyMap<string, { target: string; hex: string; outcome: Outcome }>
  readonly slowest: number
  readonly finding: Finding | undefined
}

/** Gives the targets so many inputs, each its share, and stops at the first finding. */
export function fuzz(targets: readonly Target[], inputs: number, seed: number): Report {
  const { stackTraceLimit } = Error
  // Most inputs end in an error, of which nobody reads the stack: without it there is time for twice as many.
  Error.stackTraceLimit = 0
  try {
    return run(targets, inputs, seed)
  } finally {
    Error.stackTraceLimit = stackTraceLimit
  }
}

function run(targets: readonly Target[], inputs: number, seed: number): Report {
  const random = randomFrom(seed)
  const shares = targets.flatMap((target) => Array<Target>(target.share).fill(target))
  const outcomes = new Map<string, number>()
  const examples: Map<string, { target: string; hex: string; outcome: Outcome }> = new Map()
  let slowest = 0
  for (let done = 0; done < inputs; done++) {
    const target = random.pick(shares)
    const input = target.make(random)
    const { outcome, why, ms } = attack(target, input, done % THOROUGH === 0)
    slowest = Math.max(slowest, ms)
    if (why !== undefined) {
      const finding = { target: target.name, why, hex: Buffer.from(input.bytes).toString('hex') }
      return { inputs: done + 1, outcomes, examples, slowest, finding }
    }
    const named = `${target.name}: ${outcome}`
    const before = outcomes.get(named)
    outcomes.set(named, (before ?? 0) + 1)
    if (before === undefined) {
      examples.set(named, {
        target: target.name,
        hex: Buffer.from(input.bytes).toString('hex'),
        outcome: outcome as Outcome,
      })
    }
  }
  return { inputs, outcomes, examples, slowest, finding: undefined }
}

/** How the codec of a target takes bytes: what {@link fuzz} kept of earlier runs is taken the same way for ever. */
export function outcomeOf(target: Target, hex: string): string {
  const { outcome, why } = attack(target, { bytes: Buffer.from(hex, 'hex'), isForged: false }, true)
  return outcome ?? (why as string)
}

interface Attack {
  readonly outcome?: Outcome
  readonly why?: string
  readonly ms: number
}

function attack(target: Target, input: Input, isThorough: boolean): Attack {
  let best = measured(target, input)
  for (let again = 0; again < REPEATS && (best.ms > LONGEST || best.bytes > MOST_BYTES); again++) {
    const next = measured(target, input)
    best = { ...next, ms: Math.min(best.ms, next.ms), bytes: Math.min(best.bytes, next.bytes) }
  }
  const { ms, bytes, result } = best
  if (ms > LONGEST) return { ms, why: `it took ${ms.toFixed()} ms` }
  if (bytes > MOST_BYTES) return { ms, why: `it took ${bytes} bytes` }
  return { ms, ...judged(target, input, result, isThorough) }
}

type Result = { value: unknown } | { error: unknown }

function measured(target: Target, { bytes }: Input): { result: Result; ms: number; bytes: number } {
  const memory = memoryUsed()
  const start = performance.now()
  const result = decoded(target, bytes)
  const ms = performance.now() - start
  return { result, ms, bytes: memoryUsed() - memory }
}

function decoded({ codec }: Target, bytes: Uint8Array): Result {
  try {
    const made = codec.decode(bytes, KEY)
    return isPromise(made) ? { error: new Error('it did not answer at once') } : { value: made.value }
  } catch (error) {
    return { error }
  }
}

/** What is not collected yet counts too, so that nothing that was made and dropped is missed. */
function memoryUsed(): number {
  const { used_heap_size, external_memory } = getHeapStatistics()
  return used_heap_size + external_memory
}

function judged(
  { codec }: Target,
  { isForged }: Input,
  result: Result,
  isThorough: boolean,
): { outcome?: Outcome; why?: string } {
  if ('error' in result) {
    const { error } = result
    if (error instanceof GranaryError && error.code === 'CORRUPT') {
      return error.reason === undefined ? { why: 'refused without a reason' } : { outcome: `CORRUPT ${error.reason}` }
    }
    return { why: `it failed with ${error}` }
  }
  if (isForged) return { why: 'a forgery was read' }
  const why = whyWrong(result.value, codec, isThorough)
  return why === undefined ? { outcome: 'value' } : { why }
}
