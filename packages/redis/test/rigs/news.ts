import { setTimeout as wait } from 'node:timers/promises'
import { createCache } from '@granary/core'
import { mapStore } from '@granary/testkit'
import { redis } from '../../src/index.js'
import { sharedNow } from './lines.mjs'
import { ask, end, startScript } from './processes.ts'
import type { Server } from './server.ts'

const SCRIPT = new URL('./news.mjs', import.meta.url)
const READERS = 7
/** How long a reader waits for the old value to go, in milliseconds. */
const PATIENCE = 1_500
/** In one round of so many, all connections that listen are killed. */
const KILLED = 4

export interface NewsFigures {
  /** Milliseconds from when the delete was acknowledged to the last read of the old value, of each reader in each round. */
  readonly late: readonly number[]
  /** Of those, the rounds in which the connections were killed. */
  readonly lateWhenKilled: readonly number[]
  /** Readers that still had the old value when their patience ended. */
  readonly never: number
}

/** Seven processes read a key from their memory, an eighth deletes it, again and again. */
export async function readWhileDeleted(server: Server, rounds: number, feed: 'with' | 'without'): Promise<NewsFigures> {
  const cache = createCache({ layers: [mapStore(), redis({ url: server.url, timeout: '5s' })], ttl: '1h' })
  const admin = server.admin()
  const readers = await Promise.all(Array.from({ length: READERS }, () => startScript(SCRIPT, [server.url, feed])))
  const all = <T>(message: object) => Promise.all(readers.map((reader) => ask<T>(reader, message)))
  const late: number[] = []
  const lateWhenKilled: number[] = []
  let never = 0
  for (let round = 0; round < rounds; round++) {
    const key = `${feed} ${round}`
    const isKilled = round % KILLED === KILLED - 1
    await cache.set(key, round)
    await all({ hold: key })
    const watching = all<{ last?: number }>({ watch: key, patience: PATIENCE })
    await wait(20 + Math.random() * 20)
    if (isKilled) await admin.client('KILL', 'TYPE', 'PUBSUB')
    await cache.delete(key)
    const deleted = sharedNow()
    for (const { last } of await watching) {
      if (last === undefined) never++
      else (isKilled ? lateWhenKilled : late).push(Math.max(0, last - deleted))
    }
  }
  await end(readers)
  await cache.close()
  return { late, lateWhenKilled, never }
}
