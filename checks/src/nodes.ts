// Other Nodes than the one that runs the checks, from the npm registry: whole binaries, nothing is compiled.
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { run } from './commands.ts'

/** Are there binaries for this machine? */
export const hasNodes: boolean = process.platform === 'linux' && ['x64', 'arm64'].includes(process.arch)

/** Installs these versions into a new folder; answers with where the binary of each one is. */
export function installNodes(versions: readonly string[]): { folder: string; nodes: Record<string, string> } {
  const folder = mkdtempSync(join(tmpdir(), 'granary-nodes-'))
  const dependencies = versions.map((version) => [`node-${version}`, `npm:node-linux-${process.arch}@${version}`])
  const manifest = { private: true, dependencies: Object.fromEntries(dependencies) }
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest))
  run(folder, 'npm', 'install', '--no-audit', '--no-fund', '--no-bin-links', '--ignore-scripts')
  const binary = (version: string) => join(folder, 'node_modules', `node-${version}`, 'bin', 'node')
  return { folder, nodes: Object.fromEntries(versions.map((version) => [version, binary(version)])) }
}
