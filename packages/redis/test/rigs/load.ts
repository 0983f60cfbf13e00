import { setTimeout as wait } from 'node:timers/promises'
import { type Cache, createCache } from '@granary/core'
import { type RedisOptions, redis } from '../../src/index.js'

const KEYS = 2_000
/** Ms between two calls of one caller. */
const PAUSE = 5

/** A cache under load, whose answers are compared with what was written last. */
export interface Load {
  readonly cache: Cache
  /** Calls that were answered, and those that failed or gave what was no longer so. */
  readonly done: { calls: number; failed: number; wrong: number; hits: number }
  /** Ms that each call took since the list was emptied. */
  readonly took: number[]
  /** Calls that were begun in one moment and have not been answered. */
  readonly underWay: () => number
  stop(): Promise<void>
}

/** As many callers as asked for, each calling again and again: it reads or computes, writes, or deletes a key of its own. */
export function startLoad(place: RedisOptions, callers: number): Load {
  const cache = createCache({ layers: [redis(place)], ttl: '1h' })
  const done = { calls: 0, failed: 0, wrong: 0, hits: 0 }
  const took: number[] = []
  let isOver = false
  let underWay = 0
  cache.on((event) => {
    if (event.type === 'hit') done.hits++
  })

  async function call(caller: number): Promise<void> {
    const versions = new Map<string, number>()
    for (let n = 0; !isOver; n++) {
      const key = `${caller} ${n % (KEYS / callers)}`
      const began = performance.now()
      underWay++
      try {
        const version = versions.get(key) ?? 0
        if (n % 20 === 19) {
          versions.set(key, version + 1)
          await (n % 40 === 19 ? cache.set(key, version + 1) : cache.delete(key))
        } else {
          const value = await cache.getOrCompute(key, () => versions.get(key) ?? 0)
          if (value !== version) done.wrong++
        }
      } catch {
        done.failed++
      }
      underWay--
      done.calls++
      took.push(performance.now() - began)
      await wait(PAUSE)
    }
  }

  const calls = Array.from({ length: callers }, (_, caller) => call(caller))
  return {
    cache,
    done,
    took,
    underWay: () => underWay,
    async stop() {
      isOver = true
      await Promise.all(calls)
      await cache.close()
    },
  }
}

/** Ms until the cache has a hit again. */
export async function untilHit({ done }: Load, withinMs: number): Promise<number> {
  const [began, hits] = [performance.now(), done.hits]
  while (done.hits === hits) {
    if (performance.now() - began > withinMs) return Number.POSITIVE_INFINITY
    await wait(5)
  }
  return performance.now() - began
}
