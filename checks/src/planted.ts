// Plants faults in a copy of the workspace, to see that the type checker, Biome and knip look at every package: a tool
// that is configured on a folder that does not exist reports nothing for ever.
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { attempt } from './commands.ts'
import { root, type WorkspacePackage } from './workspace.ts'

/** A copy of the workspace in a new folder; its packages link each other, and the installed ones are the original's. */
export function copyWorkspace(): string {
  const copy = mkdtempSync(join(tmpdir(), 'granary-planted-'))
  for (const name of readdirSync(root)) {
    if (name.startsWith('.') && name !== '.gitignore') continue
    if (name === 'node_modules') symlinkSync(join(root, name), join(copy, name))
    else cpSync(join(root, name), join(copy, name), { recursive: true, verbatimSymlinks: true, filter: isSource })
  }
  return copy
}

/** Plants one fault of each kind in a package: of type, two of lint, an export, a file and a dependency that none uses. */
export function plant(copy: string, { folder }: WorkspacePackage): void {
  const src = join(copy, folder, 'src')
  const entry = ['index.ts', 'main.ts'].map((name) => join(src, name)).find((file) => existsSync(file))
  if (!entry) throw new Error(`${folder}/src has neither index.ts nor main.ts`)
  writeFileSync(entry, `import './planted.js'\n${readFileSync(entry, 'utf8')}`)
  writeFileSync(
    join(src, 'planted.ts'),
    "export const planted: number = 'text'\ndebugger\nasync function later() {}\nlater()\n",
  )
  writeFileSync(join(src, 'planted-alone.ts'), 'export const alone = 1\n')
  const manifest = join(copy, folder, 'package.json')
  const { dependencies, ...rest } = JSON.parse(readFileSync(manifest, 'utf8'))
  writeFileSync(manifest, JSON.stringify({ ...rest, dependencies: { ...dependencies, 'planted-dependency': '1.0.0' } }))
}

/** What the package's own type check says about the planted file. */
export function typeErrors(copy: string, { folder }: WorkspacePackage): string {
  return printed(join(copy, folder), 'typecheck')
}

/** What the workspace's own lint says, as text: `path:line:column rule`. */
export function lintErrors(copy: string): string {
  return printed(copy, 'lint', '--max-diagnostics=none')
}

interface KnipIssue {
  readonly file: string
  readonly files?: readonly unknown[]
  readonly exports?: readonly { readonly name: string }[]
  readonly dependencies?: readonly { readonly name: string }[]
}

/** What the workspace's own knip finds unused, each as `path: name`; a file as its path alone. */
export function unused(copy: string): string[] {
  const { issues } = JSON.parse(printed(copy, 'knip', '--reporter', 'json')) as { issues: readonly KnipIssue[] }
  return issues.flatMap(({ file, files = [], exports = [], dependencies = [] }) => [
    ...files.map(() => file),
    ...[...exports, ...dependencies].map(({ name }) => `${file}: ${name}`),
  ])
}

/** Runs a script as the manifest has it, so that what is tried is what the project runs. */
function printed(folder: string, script: string, ...more: string[]): string {
  const { scripts } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  const [command, ...args] = String(scripts[script]).split(' ')
  const { stdout, stderr } = attempt(folder, command as string, ...args, ...more)
  return script === 'knip' ? stdout : stdout + stderr
}

function isSource(path: string): boolean {
  return !(
    path.startsWith(root) &&
    ['.turbo', '.reports', '.tools'].includes(basename(path)) &&
    statSync(path).isDirectory()
  )
}
