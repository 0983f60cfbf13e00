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
  readonly ended: Promise<unknown>
}

/** Runs a script, in a process of its own, until it says that it is ready. */
export async function startScript(script: URL, args: readonly string[]): Promise<Child> {
  const child = spawn(process.execPath, [fileURLToPath(script), ...args], { stdio: ['pipe', 'pipe', 'inherit'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const started = { process: child, lines, ended: once(child, 'close') }
  await nextLine(started)
  return started
}

/** The next line of a child, which must come. */
async function nextLine({ lines }: Child): Promise<string> {
  const { value, done } = await lines.next()
  if (done) throw new Error('the child ended without a word')
  return value
}

export function tell(child: Child, message: object): void {
  child.process.stdin.write(`${JSON.stringify(message)}\n`)
}

/** Says something to a process, and gives its answer. */
export async function ask<T>(child: Child, message: object): Promise<T> {
  tell(child, message)
  return JSON.parse(await nextLine(child)) as T
}

export async function end(children: readonly Child[]): Promise<void> {
  for (const { process } of children) process.stdin.end()
  await Promise.all(children.map(({ ended }) => ended))
}
