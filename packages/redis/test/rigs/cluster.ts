import { spawnSync } from 'node:child_process'
import { setTimeout as wait } from 'node:timers/promises'
import { type Server, startServer } from './server.ts'

/** Three masters, and as many replicas as asked for. */
export interface RunningCluster {
  readonly servers: readonly Server[]
  /** What `redis({ cluster })` needs to find it. */
  readonly nodes: { readonly host: string; readonly port: number }[]
  /** The server that is the master of a slot now. */
  masterOf(slot: number): Promise<Server>
  stop(): Promise<void>
}

/** After how long without an answer a node counts as failed, ms. */
const NODE_TIMEOUT = 1_000

/** @param replicas of each of the three masters */
export async function startCluster(replicas = 1): Promise<RunningCluster> {
  const settings = {
    'cluster-enabled': 'yes',
    'cluster-node-timeout': String(NODE_TIMEOUT),
    'repl-diskless-sync-delay': '0',
  }
  const servers = await Promise.all(Array.from({ length: 3 * (1 + replicas) }, () => startServer(settings)))
  const nodes = servers.map(({ port }) => ({ host: '127.0.0.1', port }))
  const names = nodes.map(({ host, port }) => `${host}:${port}`)
  const made = spawnSync('redis-cli', [
    '--cluster',
    'create',
    ...names,
    '--cluster-replicas',
    String(replicas),
    '--cluster-yes',
  ])
  if (made.status !== 0) throw new Error(`redis-cli could not make a cluster: ${made.stdout}${made.stderr}`)
  for (const server of servers) await isReady(server)

  return {
    servers,
    nodes,
    async masterOf(slot) {
      for (const server of servers) {
        const slots = (await server
          .admin()
          .cluster('SLOTS')
          .catch(() => [])) as [number, number, [string, number]][]
        const port = slots.find(([first, last]) => first <= slot && slot <= last)?.[2][1]
        const master = servers.find((one) => one.port === port)
        if (master !== undefined) return master
      }
      throw new Error(`no node knows the master of slot ${slot}`)
    },
    stop: async () => void (await Promise.all(servers.map((server) => server.stop()))),
  }
}

/** The cluster is whole in its eyes, and if it is a replica it has its master's data. */
async function isReady(server: Server): Promise<void> {
  const admin = server.admin()
  for (let tries = 0; tries < 400; tries++) {
    const [cluster, replication] = [await admin.cluster('INFO'), await admin.info('replication')]
    const isWhole = String(cluster).includes('cluster_state:ok')
    if (isWhole && (replication.includes('role:master') || replication.includes('master_link_status:up'))) return
    await wait(25)
  }
  throw new Error('the cluster did not come up')
}
