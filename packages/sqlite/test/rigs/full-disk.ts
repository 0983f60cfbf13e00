import { mkdirSync } from 'node:fs'
import { nextLine, startScript } from '../support/processes.js'
import { mounting } from './mounts.js'

const SCRIPT = new URL('./full-disk.mjs', import.meta.url)

export interface FullDiskFigures {
  /** On a disk that was full from the start: what a `set` answered, what was computed, the failures that were told. */
  readonly setWhenBorn: boolean
  readonly computed: string
  readonly bornFailures: number
  /** Milliseconds from when there was room until a `set` was acknowledged. */
  readonly bornAgainAfter: number
  /** Sets that were acknowledged before the disk was full, and that were refused then, by the cache's own count. */
  readonly accepted: number
  readonly refused: number
  readonly refusals: Readonly<Record<string, number>>
  readonly failures: number
  /** The operations of the failures that were told. */
  readonly events: readonly string[]
  /** Entries that must be there, of which one was deleted while the disk was full. */
  readonly kept: number
  readonly hitsWhenFull: number
  /** Computations that gave their value while it was full, and the milliseconds that each took. */
  readonly computedWhenFull: number
  readonly perCompute: number
  readonly deletedIsGone: boolean
  readonly recoveredAfter: number
  readonly hitsAfter: number
  readonly deletedStaysGone: boolean
  readonly hitsReopened: number
  readonly integrity: string
}

/** Runs a cache on a file system of `size` (such as `8m`) that fills up and has room again. */
export async function fillDisk(directory: string, size: string, valueSize: number): Promise<FullDiskFigures> {
  mkdirSync(directory, { recursive: true })
  const child = startScript(SCRIPT, [directory, String(valueSize), '200'], mounting(`size=${size}`, directory))
  return JSON.parse(await nextLine(child))
}
