import { encoded, standardCodec } from '@granary/codec'
import { type Clock, type CodecStage, type Duration, GranaryError, parseDuration, type Store } from '@granary/core'
import type { ClusterNode, ClusterOptions, RedisOptions as ServerOptions } from 'ioredis'
import { byteStore } from './byte-store.js'
import { clientOf } from './client.js'
import { type Client, Connection } from './connection.js'

/** Options of {@link redis}: where the server is, by exactly one of `url`, `server`, `cluster` and `client`, and how the store uses it. */
export interface RedisOptions {
  /** Such as `'redis://localhost:6379'`, or `'rediss://user:password@host:6380/2'` for TLS, an ACL user and a database. */
  readonly url?: string
  /** Options of ioredis for one server, or for one behind Sentinel: `{ sentinels: [{ host, port }], name: 'mymaster' }`. */
  readonly server?: ServerOptions
  /** Some nodes of a Cluster: URLs, or `{ host, port }`. What all nodes have in common, such as a password, stands in `server`. */
  readonly cluster?: readonly ClusterNode[]
  /** Options of ioredis for a Cluster, besides its nodes. */
  readonly clusterOptions?: ClusterOptions
  /** A client of ioredis 6 that is used as it is, and not closed with the store. */
  readonly client?: Client
  /** What the names of all keys begin with; `'granary:'` by default. Without braces. */
  readonly prefix?: string
  /** Longest wait for an answer; `'50ms'` by default. After it, the call is a miss. */
  readonly timeout?: Duration
  /** What is done to the bytes of a value after it was serialized, in this order: compress, seal. Nothing by default. */
  readonly codec?: readonly CodecStage[]
  /** What the store is called in events and statistics; `'redis'` by default. */
  readonly name?: string
  /** Where the time comes from that entries are expired by; the system's by default. */
  readonly clock?: Pick<Clock, 'now'>
}

const OPTIONS = [
  'url',
  'server',
  'cluster',
  'clusterOptions',
  'client',
  'prefix',
  'timeout',
  'codec',
  'name',
  'clock',
] as const

const LONGEST_WAIT = 50
const MOST_FAILURES = 5
const MOST_IN_FLIGHT = 10_000

/**
 * Keeps entries in Redis, which processes on many machines share: one server, one behind Sentinel, or a Cluster.
 *
 * Values that come too late are refused, and what was invalidated stays invalidated, for every process that uses the same
 * server and prefix. A server that does not answer costs its callers a few timeouts and then nothing: it is left alone
 * until it answers again.
 *
 * @throws GranaryError `INVALID_OPTION`
 */
export function redis(options: RedisOptions): Store<unknown> {
  checkOptions(options)
  const { client, prefix = 'granary:', codec = [], name = 'redis', clock, timeout = LONGEST_WAIT } = options
  const now = clock === undefined ? Date.now : () => clock.now()
  const connection = new Connection(client ?? clientOf(options), prefix, client === undefined)
  const longestWait = parseDuration(timeout, 'redis timeout')
  const store = byteStore({ connection, name, now, timeout: longestWait })
  return {
    ...encoded(store, standardCodec(codec)),
    policy: { longestWait, mostFailures: MOST_FAILURES, mostInFlight: MOST_IN_FLIGHT },
  }
}

function checkOptions(options: RedisOptions): void {
  if (typeof options !== 'object' || options === null) fail(`takes an object: redis({ url: 'redis://localhost:6379' })`)
  const unknown = Object.keys(options).filter((name) => !(OPTIONS as readonly string[]).includes(name))
  if (unknown.length > 0) fail(`has no option ${unknown.join(', ')}; it has ${OPTIONS.join(', ')}`)
  const { url, server, cluster, client, prefix, name, clock } = options
  const places = [url, cluster ?? server, client].filter((place) => place !== undefined)
  if (places.length !== 1) fail('give the place of the server once: url, server, cluster or client')
  if (url !== undefined && !(typeof url === 'string' && /^(rediss?|unix):\/\//.test(url)))
    fail("url: give such as 'redis://localhost:6379' or 'rediss://user:password@host:6380'")
  if (cluster !== undefined && !(Array.isArray(cluster) && cluster.length > 0))
    fail('cluster: give a list of some of its nodes')
  if (client !== undefined && typeof (client as Partial<Client>).callBuffer !== 'function')
    fail('client: give a client of ioredis 6: new Redis(…) or new Cluster(…)')
  if (prefix !== undefined && !(typeof prefix === 'string' && prefix.isWellFormed() && !/[{}]/.test(prefix)))
    fail('prefix: give a string without braces')
  if (clock !== undefined && typeof clock?.now !== 'function') fail('clock: give an object with a function now()')
  if (name !== undefined && (typeof name !== 'string' || name === '')) fail('name: give a string that is not empty')
}

function fail(message: string): never {
  throw new GranaryError('INVALID_OPTION', `redis: ${message}`)
}
