import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'

/** A process that a test began; it ends with the test at the latest. */
export interface Child {
  readonly process: ChildProcessByStdio<Writable, Readable, null>
  /** The lines that it prints, as they come. */
  readonly lines: AsyncIterator<string>
  /** Its exit code, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals>
}

/** Runs a script with arguments, in a process of its own; `before` is what to run it under. */
export function startScript(script: URL, args: readonly string[], before: readonly string[] = []): Child {
  const [program = '', ...rest] = [...before, process.execPath, fileURLToPath(script), ...args]
  const child = spawn(program, rest, { stdio: ['pipe', 'pipe', 'inherit'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  return {
    process: child,
    lines: createInterface({ input: child.stdout })[Symbol.asyncIterator](),
    ended: once(child, 'close').then(([code, signal]) => signal ?? code),
  }
}

/** The next line of a child, which must come. */
export async function nextLine({ lines }: Child): Promise<string> {
  const { value, done } = await lines.next()
  if (done) throw new Error('the child ended without a word')
  return value
}
