import { nextLine, startScript } from '../support/processes.js'

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
  return JSON.parse(await nextLine(startScript(SCRIPT, [path, String(calls)], before)))
}
