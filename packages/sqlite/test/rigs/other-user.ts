import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { nextLine, startScript } from '../support/processes.js'
import { mounting } from './mounts.js'

const SCRIPT = new URL('./other-user.mjs', import.meta.url)

export interface OtherUserFigures {
  readonly computed: number
  readonly kept: number
  /** What the listener heard: an operation and the code of its error each. */
  readonly events: readonly string[]
  /** What the statistics count. */
  readonly failures: number
  readonly misses: number
  /** Milliseconds. */
  readonly perCall: number
}

/** Computes and sets `calls` values over a file, as a user that owns nothing where root runs this. */
export async function asOtherUser(path: string, calls: number): Promise<OtherUserFigures> {
  const before = process.getuid?.() === 0 ? ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'] : []
  return compute(path, calls, before)
}

/** The same as this user, on a file system that is mounted read-only. */
export async function onReadOnlyMount(path: string, calls: number): Promise<OtherUserFigures> {
  mkdirSync(dirname(path), { recursive: true })
  return compute(path, calls, mounting('ro', dirname(path)))
}

async function compute(path: string, calls: number, before: readonly string[]): Promise<OtherUserFigures> {
  return JSON.parse(await nextLine(startScript(SCRIPT, [path, String(calls)], before)))
}
