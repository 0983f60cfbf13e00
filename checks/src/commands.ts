// Runs a command for a check: its output is held back, and what it printed is in the error when it fails.
import { type SpawnSyncReturns, spawnSync } from 'node:child_process'

/** Runs a command in a folder, with no setting of the package manager that started these checks. */
export function attempt(folder: string, command: string, ...args: string[]): SpawnSyncReturns<string> {
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(npm|pnpm|vitest|node_env)/i.test(name)),
  )
  const result = spawnSync(command, args, {
    cwd: folder,
    encoding: 'utf8',
    env,
    shell: process.platform === 'win32',
    timeout: 120_000,
  })
  // Not found, when the checks are not started by npm test; or too slow.
  if (result.error) throw new Error(`${command} did not run: ${result.error.message}`, { cause: result.error })
  return result
}

/** The same, and it has to succeed; answers with what was printed. */
export function run(folder: string, command: string, ...args: string[]): string {
  const { status, stdout, stderr } = attempt(folder, command, ...args)
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} failed in ${folder}\n${stdout}${stderr}`)
  return stdout
}
