import { setTimeout as wait } from 'node:timers/promises'
import type { News, Store } from '@granary/core'
import { onTestFinished } from 'vitest'
import { type RedisOptions, redis } from '../src/index.js'

let prefixes = 0

/** A prefix that no other test has. */
export const newPrefix = (): string => `test${++prefixes}:`

/** A store that is closed with the test. What it reports fails the test. */
export function open(options: RedisOptions): Required<Store> {
  const store = redis({ timeout: '5s', ...options }) as Required<Store>
  onTestFinished(() => void store.close())
  return store
}

/** What a store's feed tells, from when it listens: the server has taken its subscriptions. */
export async function follow(store: Required<Store>, publisher: Required<Store>): Promise<News[]> {
  const heard: News[] = []
  store.feed((news) => heard.push(news))
  // A message from each bucket says that they all listen; a Cluster has 64.
  const probe = `probe ${prefixes++}`
  await until(async () => {
    await publisher.invalidate([{ tag: probe }])
    return heard.length > 0
  })
  await wait(100)
  heard.length = 0
  return heard
}

/** Waits until it is so. */
export async function until(isSo: () => boolean | Promise<boolean>, withinMs = 5_000): Promise<void> {
  const end = performance.now() + withinMs
  while (!(await isSo())) {
    if (performance.now() > end) throw new Error(`it did not come to be within ${withinMs} ms`)
    await wait(2)
  }
}
