// How the processes of a rig talk: lines of JSON, in through stdin and out through stdout.
import { createInterface } from 'node:readline'

export function say(message) {
  process.stdout.write(`${JSON.stringify(message)}\n`)
}

/** What the rig says, one after the other; the process ends with its stdin. */
export async function* told() {
  for await (const line of createInterface({ input: process.stdin })) yield JSON.parse(line)
}

/** Milliseconds of a clock that all processes of the machine have in common. */
export const sharedNow = () => Number(process.hrtime.bigint() / 1_000n) / 1_000

export const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms))
