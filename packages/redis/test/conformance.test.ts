import type { Store } from '@granary/core'
import { storeSuite } from '@granary/testkit'
import { Cluster, Redis } from 'ioredis'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { Buckets } from '../src/buckets.js'
import { type RedisOptions, redis } from '../src/index.js'
import { type RunningCluster, startCluster } from './rigs/cluster.ts'
import { startSentinel, type Watched } from './rigs/sentinel.ts'
import { hasRedisServer, type Server, startServer } from './rigs/server.ts'

let prefixes = 0

/** The whole suite on stores of one kind. */
function suite(name: string, place: () => Partial<RedisOptions>, admin: () => Redis | Cluster): void {
  const prefixOf = new WeakMap<Store, string>()
  const open = (prefix: string) => {
    // The suite itself keeps a 2-core machine busy: a late answer is none of its subjects.
    const store = redis({ ...place(), prefix, timeout: '5s' })
    prefixOf.set(store, prefix)
    return store
  }
  storeSuite({ describe, it }, name, {
    create: () => open(`suite${++prefixes}:`),
    async reopen(store) {
      await store.close?.()
      return open(prefixOf.get(store) as string)
    },
    async corrupt(store, key) {
      const client = admin()
      const buckets = new Buckets(prefixOf.get(store) as string, '', client.isCluster)
      await client.setrange(buckets.of(key).entry(key), 100, Buffer.from([255, 254, 253]))
    },
    offers: ['getMany', 'setMany', 'deleteMany', 'invalidate', 'entries', 'prune', 'observe', 'close'],
  })
}

describe.skipIf(!hasRedisServer)('one server', () => {
  let server: Server
  beforeAll(async () => {
    server = await startServer()
  })
  afterAll(() => server.stop())
  suite(
    'redis({ url })',
    () => ({ url: server.url }),
    () => server.admin(),
  )
})

describe.skipIf(!hasRedisServer)("a client of the user's, with a key prefix and auto-pipelining", () => {
  let server: Server
  let client: Redis
  beforeAll(async () => {
    server = await startServer()
    client = new Redis(server.url, { keyPrefix: 'theirs:', enableAutoPipelining: true })
  })
  afterAll(async () => {
    client.disconnect()
    await server.stop()
  })
  suite(
    'redis({ client })',
    () => ({ client }),
    () => client,
  )
})

describe.skipIf(!hasRedisServer)('Sentinel', () => {
  let watched: Watched
  beforeAll(async () => {
    watched = await startSentinel()
  }, 60_000)
  afterAll(() => watched.stop())
  suite(
    'redis({ server: { sentinels } })',
    () => ({ server: watched.options }),
    () => watched.master.admin(),
  )
})

describe.skipIf(!hasRedisServer)('Cluster of six nodes', () => {
  let cluster: RunningCluster
  let admin: Cluster
  beforeAll(async () => {
    cluster = await startCluster()
    admin = new Cluster(cluster.nodes)
  }, 60_000)
  afterAll(async () => {
    admin.disconnect()
    await cluster.stop()
  })
  suite(
    'redis({ cluster })',
    () => ({ cluster: cluster.nodes }),
    () => admin,
  )
})
