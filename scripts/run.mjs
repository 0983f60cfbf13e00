// The project's commands (npm start, npm test, …): each does its own set-up first, so that a clean clone needs nothing
// but Node and npm, and then runs under the project's own Node.
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, rmSync } from 'node:fs'
import { cpus } from 'node:os'
import { dirname, join } from 'node:path'
import { setUpChromium } from './chromium.mjs'
import { environment, fail, manifests, root, runOrExit, setUp, setUpPnpm, step } from './setup.mjs'
import { readReports } from './test-summary.mjs'

const turboScript = join(root, 'node_modules', 'turbo', 'bin', 'turbo')
const [command, ...args] = process.argv.slice(2)

const commands = {
  setup() {},
  start() {
    const main = join(root, 'apps', 'demo', 'dist', 'main.js')
    step('build', false, () => runOrExit('node', [turboScript, 'run', 'build', '--filter=@granary/demo']))
    if (!existsSync(main)) fail('There is no demo to start: apps/demo/src/main.ts is missing.')
    // Paths on the command line are meant from where the user stands, not from the root to which npm changes.
    hand('node', [main, ...args], process.env.INIT_CWD)
  },
  test() {
    setUpChromium()
    for (const manifest of manifests())
      rmSync(join(root, dirname(manifest), '.reports'), { recursive: true, force: true })
    const status = turbo(['build', 'typecheck', 'lint', 'knip', 'test'], process.env.CI ? ['--force'] : [])
    for (const line of readReports().lines) console.log(line)
    process.exit(status)
  },
  check() {
    step('build', false, () => runOrExit('node', [turboScript, 'run', 'build', '--filter=./packages/*']))
    hand('node', [join(root, 'node_modules', 'vitest', 'vitest.mjs'), 'run', ...args], join(root, 'checks'))
  },
  reference: () => hand('pnpm', ['--silent', '--filter', '@granary/reference', 'run', 'reference']),
  structure: () => hand('pnpm', ['--silent', '--filter', '@granary/checks', 'run', 'structure']),
  build: () => process.exit(turbo(['build'])),
  typecheck: () => process.exit(turbo(['typecheck'])),
  // What is measured or put under load has the machine to itself.
  bench: () => process.exit(turbo(['bench'], ['--concurrency=1'])),
  soak() {
    // The one knob: how many times their usual counts the tests run.
    environment.GRANARY_SOAK ??= '20'
    process.exit(turbo(['soak'], ['--concurrency=1']))
  },
  pnpm: () => hand('pnpm', args, process.env.INIT_CWD),
}

if (!Object.hasOwn(commands, command)) fail(`Usage: node scripts/run.mjs ${Object.keys(commands).join(' | ')}`)
if (command === 'pnpm') setUpPnpm()
else setUp()
commands[command]()

/** Runs tasks in every package that has them; what stands after them on the command line is for turbo (--filter=…). */
function turbo(tasks, options = []) {
  const all = ['run', ...tasks, '--output-logs=new-only', '--continue=dependencies-successful', ...options, ...args]
  if (!all.some((option) => option.startsWith('--concurrency'))) all.push(`--concurrency=${cpus().length}`)
  const result = spawnSync('node', [turboScript, ...all], { cwd: root, env: environment, stdio: 'inherit' })
  return result.status ?? 1
}

/** Hands the terminal over: the child gets the signals, and its exit code becomes ours. */
function hand(program, programArgs, cwd = root) {
  process.on('SIGINT', () => {})
  const child = spawn(program, programArgs, { cwd, env: environment, stdio: 'inherit' })
  child.on('error', (error) => fail(error.message))
  child.on('exit', (code) => process.exit(code ?? 1))
}
