// Other runtimes than the one that runs the checks, from the npm registry: whole binaries, nothing is compiled.
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { run } from './commands.ts'

/** Are there binaries for this machine? */
export const hasRuntimes: boolean = process.platform === 'linux' && ['x64', 'arm64'].includes(process.arch)

/** Where a runtime's binary is, and what stands before the file that it is to run. */
export type Command = readonly [binary: string, ...args: string[]]

interface Release {
  readonly package: string
  readonly binary: string
  readonly args: readonly string[]
}

/** @param name `Node 24.21.0`, `Bun 1.4.5` or `Deno 2.9.6` */
function releaseOf(name: string): Release {
  const [runtime, version] = name.split(' ')
  const [cpu, deno] = process.arch === 'arm64' ? ['aarch64', 'arm64'] : ['x64', 'x64']
  if (runtime === 'Bun') return { package: `@oven/bun-linux-${cpu}@${version}`, binary: 'bin/bun', args: ['run'] }
  if (runtime === 'Deno')
    return { package: `@deno/linux-${deno}-glibc@${version}`, binary: 'deno', args: ['run', '-A'] }
  return { package: `node-linux-${process.arch}@${version}`, binary: 'bin/node', args: [] }
}

/** Installs these runtimes into a new folder; answers with how each one is called. */
export function installRuntimes(names: readonly string[]): { folder: string; commands: Record<string, Command> } {
  const folder = mkdtempSync(join(tmpdir(), 'granary-runtimes-'))
  const alias = (name: string) => name.toLowerCase().replace(' ', '-')
  const dependencies = names.map((name) => [alias(name), `npm:${releaseOf(name).package}`])
  const manifest = { private: true, dependencies: Object.fromEntries(dependencies) }
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest))
  run(folder, 'npm', 'install', '--no-audit', '--no-fund', '--no-bin-links', '--ignore-scripts')
  const commands = names.map((name): [string, Command] => {
    const { binary, args } = releaseOf(name)
    return [name, [join(folder, 'node_modules', alias(name), binary), ...args]]
  })
  return { folder, commands: Object.fromEntries(commands) }
}
