// Makes a clean clone ready to run: the pinned pnpm, the packages of the lockfile, a Node that is new enough.
// It runs before anything is installed, on any Node from 18 on, so it uses nothing but Node and npm.
// The floor of the packages themselves is Node 22.14 (Node-API 10, which better-sqlite3 needs). On Linux the workspace
// brings Node 24 with it as a package; elsewhere the machine's own Node has to be new enough.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = dirname(dirname(fileURLToPath(import.meta.url)))

const windows = process.platform === 'win32'
const pnpmVersion = readJson('package.json').packageManager.split('@')[1]
const pnpmFolder = join(root, '.tools', 'pnpm')
const pnpmPackage = join(pnpmFolder, 'node_modules', 'pnpm')
const stampFile = join(root, 'node_modules', '.granary-setup')
const bundledNode = join(root, 'node_modules', `node-linux-${process.arch}`, 'bin', 'node')

/** The environment in which the project's commands run: its own node, pnpm and tools first on the PATH. */
export const environment = cleanEnvironment()

/** Installs what is missing; does nothing when the lockfile and the manifests are those of the last time. */
export function setUp() {
  const bundled = process.platform === 'linux' && ['x64', 'arm64'].includes(process.arch)
  if (!bundled) requireNewNode()
  setUpPnpm()
  const stamp = fingerprint()
  step('packages', existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp, () => {
    runOrExit('pnpm', ['install', '--frozen-lockfile'], 'If a package.json changed on purpose: npm run pnpm -- install')
    writeFileSync(stampFile, stamp)
  })
  if (!nodeAnswers(bundledNode)) requireNewNode()
  setUpRedis()
}

/** The tests of the Redis layer start servers of their own, of the machine's redis-server; the one of Debian is put there when it may be. */
function setUpRedis() {
  const isThere = () => spawnSync('redis-server', ['--version']).status === 0
  const mayInstall = process.platform === 'linux' && process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')
  if (!isThere() && mayInstall) {
    process.stderr.write('setup: redis-server (apt-get) … ')
    const install = ['install', '-y', '-qq', '--no-install-recommends', 'redis-server']
    for (const args of [['update', '-qq'], install])
      spawnSync('apt-get', args, { env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } })
    process.stderr.write(isThere() ? 'done\n' : 'failed\n')
  }
  // What turbo remembers of a run without a server is not what it remembers of one with it.
  environment.GRANARY_REDIS_SERVER = isThere() ? 'yes' : 'no'
  if (environment.GRANARY_REDIS_SERVER === 'no')
    process.stderr.write('*** No redis-server: the tests of @granary/redis that need one will be SKIPPED. ***\n')
}

/** Installs the pinned pnpm alone: what a changed manifest needs, before its packages can be installed. */
export function setUpPnpm() {
  step(`pnpm ${pnpmVersion}`, existsSync(pnpmPackage) && pnpmAnswers(), installPnpm)
}

/** Runs a command to its end with its output held back; prints that and exits when the command fails. */
export function runOrExit(command, args, advice = '', options = {}) {
  const result = spawnSync(command, args, { cwd: root, env: environment, encoding: 'utf8', ...options })
  if (result.status === 0) return
  process.stderr.write(
    `\n${result.stdout ?? ''}${result.stderr ?? ''}${result.error ? `${result.error.message}\n` : ''}`,
  )
  fail(`"${command} ${args.join(' ')}" failed.${advice && ` ${advice}`}`)
}

/** Prints what is being done and how long it took; nothing when it was done before. */
export function step(name, done, work) {
  if (done) return
  const started = Date.now()
  process.stderr.write(`setup: ${name} … `)
  work()
  process.stderr.write(`${((Date.now() - started) / 1000).toFixed(1)} s\n`)
}

export function fail(message) {
  process.stderr.write(`${message}\n`)
  process.exit(1)
}

function installPnpm() {
  mkdirSync(pnpmFolder, { recursive: true })
  writeFileSync(join(pnpmFolder, 'package.json'), '{ "private": true }\n')
  const args = ['install', `pnpm@${pnpmVersion}`, '--ignore-scripts', '--no-audit', '--no-fund', '--no-package-lock']
  const npmCli = process.env.npm_execpath
  if (npmCli?.endsWith('npm-cli.js')) runOrExit(process.execPath, [npmCli, ...args], '', { cwd: pnpmFolder })
  else runOrExit('npm', args, '', { cwd: pnpmFolder, shell: windows })
  // Some versions of npm run install scripts, some ask first: so it is run here, where it puts the native binary in place.
  runOrExit(process.execPath, ['install.js'], '', { cwd: pnpmPackage })
}

function pnpmAnswers() {
  const result = spawnSync('pnpm', ['--version'], { cwd: pnpmFolder, env: environment, encoding: 'utf8' })
  return result.stdout?.trim() === pnpmVersion
}

function nodeAnswers(path) {
  return existsSync(path) && spawnSync(path, ['--version']).status === 0
}

function requireNewNode() {
  const [major, minor] = process.versions.node.split('.').map(Number)
  if (major > 22 || (major === 22 && minor >= 14)) return
  const here = `${process.platform}-${process.arch}`
  fail(`Granary needs Node 22.14 or newer on ${here}; this is ${process.version}. Install a newer Node and try again.`)
}

/** What the installed packages depend on: the lockfile, the settings, every manifest. */
function fingerprint() {
  const hash = createHash('sha256').update(`${process.platform}-${process.arch} ${pnpmVersion}`)
  for (const file of ['pnpm-lock.yaml', 'pnpm-workspace.yaml', 'package.json', ...manifests()]) {
    hash.update(file).update(readFileSync(join(root, file)))
  }
  return hash.digest('hex')
}

/** The manifest of every package of the workspace, relative to its root. */
export function manifests() {
  return ['packages', 'apps', '.']
    .flatMap((folder) => readdirSync(join(root, folder)).map((name) => join(folder, name, 'package.json')))
    .filter((file) => !file.startsWith('node_modules') && !file.startsWith('.') && existsSync(join(root, file)))
    .sort()
}

export function readJson(file) {
  return JSON.parse(readFileSync(join(root, file), 'utf8'))
}

function cleanEnvironment() {
  const inherited = Object.entries(process.env).filter(([name]) => !/^(npm_|path$)/i.test(name))
  const path = [join(root, 'node_modules', '.bin'), pnpmPackage, dirname(process.execPath), process.env.PATH]
  return {
    ...Object.fromEntries(inherited),
    PATH: path.join(delimiter),
    TURBO_TELEMETRY_DISABLED: '1',
    // The Node that comes with the workspace knows no certificate authority but its own; a company's are the machine's.
    NODE_USE_SYSTEM_CA: '1',
  }
}
