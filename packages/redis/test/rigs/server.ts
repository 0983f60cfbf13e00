import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { freePort } from './ports.ts'

/** Is there a `redis-server` to start? Without one, tests that need it are skipped, and say so. */
export const hasRedisServer: boolean = spawnSync('redis-server', ['--version']).status === 0

if (!hasRedisServer)
  process.stderr.write(
    '\n*** No redis-server was found: the tests of @granary/redis that need one are SKIPPED. Install redis-server. ***\n\n',
  )

/** A private server on a free loopback port, that keeps nothing on disk. */
export interface Server {
  readonly port: number
  readonly url: string
  readonly pid: number
  /** kill -9. */
  kill(): Promise<void>
  /** SIGSTOP: it goes on accepting connections, and answers nothing. */
  freeze(): void
  thaw(): void
  /** Starts it again at the same port, with nothing in it. */
  restart(): Promise<void>
  /** A client for the test's own use, closed with the server. */
  admin(): Redis
  stop(): Promise<void>
}

const running = new Set<ChildProcess>()
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})

/** Starts a server and waits until it answers. */
export async function startServer(
  settings: Readonly<Record<string, string>> = {},
  program = 'redis-server',
  given?: number,
): Promise<Server> {
  const port = given ?? (await freePort())
  const folder = mkdtempSync(join(tmpdir(), 'granary-redis-'))
  const url = `redis://127.0.0.1:${port}`
  const args = Object.entries({
    port: String(port),
    bind: '127.0.0.1',
    dir: folder,
    save: '',
    appendonly: 'no',
    'enable-debug-command': 'yes',
    ...settings,
  }).flatMap(([name, value]) => [`--${name}`, ...(name === 'user' ? value.split(' ') : [value])])
  const admins: Redis[] = []
  let child = await launch()

  async function launch(): Promise<ChildProcess> {
    const started = spawn(program, args, { stdio: 'ignore' })
    running.add(started)
    started.once('exit', () => running.delete(started))
    await answers(port)
    return started
  }

  async function kill(): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return
    const exited = once(child, 'exit')
    child.kill('SIGKILL')
    await exited
  }

  return {
    port,
    url,
    get pid() {
      return child.pid as number
    },
    kill,
    freeze: () => void child.kill('SIGSTOP'),
    thaw: () => void child.kill('SIGCONT'),
    async restart() {
      await kill()
      child = await launch()
    },
    admin() {
      const admin = new Redis(port, '127.0.0.1')
      admin.on('error', () => {})
      admins.push(admin)
      return admin
    },
    async stop() {
      for (const admin of admins) admin.disconnect()
      await kill()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

async function answers(port: number): Promise<void> {
  const end = performance.now() + 20_000
  const client = new Redis(port, '127.0.0.1', { lazyConnect: true, retryStrategy: () => 20, enableReadyCheck: true })
  client.on('error', () => {})
  while (client.status !== 'ready') {
    if (client.status === 'wait') client.connect().catch(() => {})
    if (performance.now() > end) throw new Error(`no redis-server answers at port ${port}`)
    await wait(5)
  }
  client.disconnect()
}
