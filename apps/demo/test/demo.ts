import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const MAIN = join(import.meta.dirname, '..', 'dist', 'main.js')

export interface Outcome {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
  /** How often the workers' own functions ran. */
  readonly computed: { readonly read: number; readonly analyse: number } | undefined
}

export function newFolder(): string {
  return mkdtempSync(join(tmpdir(), 'granary-demo-'))
}

/** Runs the built demo as a user does; `watch` is called with all that it has printed, each time that it prints. */
export function demo(
  args: readonly string[],
  {
    cwd,
    env,
    watch,
  }: {
    readonly cwd?: string
    readonly env?: Readonly<Record<string, string>>
    readonly watch?: (stdout: string, child: ChildProcess) => void
  } = {},
): Promise<Outcome> {
  const child = spawn(process.execPath, [MAIN, ...args], {
    cwd,
    env: { ...withoutKeys(process.env), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
    watch?.(stdout, child)
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, stdout, stderr, computed: computedIn(stdout) }))
  })
}

/** No test asks a model that costs something, nor a server that others use. */
function withoutKeys(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !/^(OPENAI|ANTHROPIC|REDIS)_/.test(name)))
}

function computedIn(stdout: string): Outcome['computed'] {
  const counts = /own functions: read (\d+), analyse (\d+), /.exec(stdout)
  return counts ? { read: Number(counts[1]), analyse: Number(counts[2]) } : undefined
}

const SUBJECTS = ['The source map', 'A glob pattern', 'This cache entry', 'Every release plan', 'Her type definition']
const VERBS = ['describes', 'replaces', 'remembers', 'outlives', 'explains']
const OBJECTS = [
  'the file path',
  'a return value',
  'the storage adapter',
  'some white space',
  'an old environment variable',
]

/** English prose, different for each number. */
export function textOf(number: number, sentences = 20): string {
  const pick = (from: readonly string[], i: number) => from[i % from.length]
  const lines = Array.from({ length: sentences }, (_, i) => {
    return `${pick(SUBJECTS, i + number)} ${pick(VERBS, i)} ${pick(OBJECTS, i * number + 1)} number ${i}.`
  })
  return `# Document ${number}\n\n${lines.join(' ')}\n`
}
