import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { freePort } from './ports.ts'
import { type Server, startServer } from './server.ts'

/** A master with a replica, watched by one sentinel. */
export interface Watched {
  readonly master: Server
  readonly replica: Server
  /** What `redis({ server })` needs to find the master. */
  readonly options: { readonly sentinels: { host: string; port: number }[]; readonly name: string }
  stop(): Promise<void>
}

const NAME = 'granary'

export async function startSentinel(): Promise<Watched> {
  const master = await startServer({ 'repl-diskless-sync-delay': '0' })
  const replica = await startServer({ replicaof: `127.0.0.1 ${master.port}`, 'repl-diskless-sync-delay': '0' })
  const port = await freePort()
  const folder = mkdtempSync(join(tmpdir(), 'granary-sentinel-'))
  const file = join(folder, 'sentinel.conf')
  writeFileSync(
    file,
    [
      `port ${port}`,
      'bind 127.0.0.1',
      `dir ${folder}`,
      `sentinel monitor ${NAME} 127.0.0.1 ${master.port} 1`,
      `sentinel down-after-milliseconds ${NAME} 500`,
      `sentinel failover-timeout ${NAME} 3000`,
    ].join('\n'),
  )
  const sentinel = spawn('redis-server', [file, '--sentinel'], { stdio: 'ignore' })
  const ended = () => void sentinel.kill('SIGKILL')
  process.once('exit', ended)
  await knowsReplica(port)
  return {
    master,
    replica,
    options: { sentinels: [{ host: '127.0.0.1', port }], name: NAME },
    async stop() {
      process.off('exit', ended)
      ended()
      await Promise.all([master.stop(), replica.stop()])
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

async function knowsReplica(port: number): Promise<void> {
  const client = new Redis(port, '127.0.0.1', { retryStrategy: () => 50 })
  client.on('error', () => {})
  for (let tries = 0; tries < 400; tries++) {
    const replicas = (await client.call('SENTINEL', 'replicas', NAME).catch(() => [])) as unknown[][]
    if (replicas.length > 0 && !String(replicas[0]).includes('s_down') && String(replicas[0]).includes('ok')) break
    await wait(50)
  }
  client.disconnect()
}
