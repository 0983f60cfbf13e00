import { Cluster, type ClusterNode, type ClusterOptions, Redis, type RedisOptions as ServerOptions } from 'ioredis'
import type { Client } from './connection.js'

/** Settings that measured well for a cache: what cannot be had at once is not worth waiting for. */
const SERVER: ServerOptions = {
  lazyConnect: true,
  connectTimeout: 500,
  // What was not answered is not sent again: it would come late, and out of order.
  autoResendUnfulfilledCommands: false,
  maxRetriesPerRequest: 0,
  maxLoadingRetryTime: 500,
  retryStrategy: (attempt) => Math.min(50 * attempt, 500),
  // A master that has become a replica: the next connection is to the new one.
  reconnectOnError: (error) => error.message.startsWith('READONLY'),
  sentinelRetryStrategy: (attempt) => Math.min(50 * attempt, 500),
  sentinelCommandTimeout: 500,
  failoverDetector: true,
  sentinelReconnectStrategy: (attempt) => Math.min(50 * attempt, 1_000),
}

/** Replies in the shape that they have in all versions of the protocol. */
const PLAIN = { replyMapping: 'legacy' } as const

const CLUSTER: ClusterOptions = {
  lazyConnect: true,
  // Never from a replica: it may not know yet what was invalidated.
  scaleReads: 'master',
  // Redirections are followed, and nothing is kept for later.
  maxRedirections: 4,
  retryDelayOnFailover: 0,
  retryDelayOnClusterDown: 0,
  retryDelayOnTryAgain: 10,
  slotsRefreshTimeout: 500,
  slotsRefreshInterval: 2_000,
  clusterRetryStrategy: (attempt) => Math.min(50 * attempt, 500),
}

/** The client of a store that was given none. It connects when it is first used. */
export function clientOf({
  url,
  server,
  cluster,
  clusterOptions,
}: {
  readonly url?: string
  readonly server?: ServerOptions
  readonly cluster?: readonly ClusterNode[]
  readonly clusterOptions?: ClusterOptions
}): Client {
  if (cluster === undefined)
    return url === undefined ? new Redis({ ...SERVER, ...server, ...PLAIN }) : new Redis(url, { ...SERVER, ...PLAIN })
  const { connectTimeout, autoResendUnfulfilledCommands, maxRetriesPerRequest, maxLoadingRetryTime } = SERVER
  const node = { connectTimeout, autoResendUnfulfilledCommands, maxRetriesPerRequest, maxLoadingRetryTime }
  const redisOptions = { ...node, ...server, ...clusterOptions?.redisOptions, ...PLAIN }
  return new Cluster([...cluster], { ...CLUSTER, ...clusterOptions, redisOptions: redisOptions as object })
}
