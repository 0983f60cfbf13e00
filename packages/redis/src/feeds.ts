import type { Feed, Mark, News } from '@granary/core'
import type { Bucket } from './buckets.js'
import { Chain, type ChainListener } from './chain.js'
import type { Connection } from './connection.js'
import type { Subscriber } from './line.js'
import { Subscriptions } from './subscriptions.js'

/** Those who follow one store, and those who wait for what becomes of a key. */
export class Feeds implements Subscriber, ChainListener {
  readonly #connection: Connection
  readonly #origin: string
  readonly #report: (error: unknown) => void
  readonly #subscriptions: Subscriptions
  readonly #chains: readonly Chain[]
  readonly #listeners = new Set<(news: News) => void>()
  readonly #waiting = new Map<string, Set<() => void>>()

  /** @param report takes what the server has against a subscription */
  constructor(connection: Connection, origin: string, report: (error: unknown) => void) {
    this.#connection = connection
    this.#origin = origin
    this.#report = report
    this.#subscriptions = new Subscriptions(connection, this)
    this.#chains = connection.buckets.all.map((bucket) => new Chain(bucket, connection, this))
  }

  /** Tells the listener of what others do; see `Store.feed`. */
  open(given: (news: News) => void): Feed {
    const listener = (news: News) => given(news)
    this.#listeners.add(listener)
    if (this.#listeners.size === 1) {
      for (const chain of this.#chains) chain.begin()
      this.#subscriptions.open()
    }
    return {
      close: () => {
        if (this.#listeners.delete(listener) && this.#listeners.size === 0) this.#subscriptions.close()
      },
    }
  }

  close(): void {
    this.#listeners.clear()
    this.#subscriptions.close()
  }

  /** Will {@link Feeds.wakeOn} be told of what becomes of the bucket's keys? */
  isOn(bucket: Bucket): boolean {
    return this.#subscriptions.isOn(bucket)
  }

  /**
   * Calls `wake` when the key was stored or deleted, or its lease released, or when that may have been missed.
   *
   * @returns what ends it
   */
  wakeOn(key: string, wake: () => void): () => void {
    const waiting = this.#waiting.get(key) ?? new Set()
    this.#waiting.set(key, waiting.add(wake))
    return () => {
      waiting.delete(wake)
      if (waiting.size === 0 && this.#waiting.get(key) === waiting) this.#waiting.delete(key)
    }
  }

  subscribed(bucket: Bucket): void {
    if (!this.#connection.closed) void this.#chains[bucket.index]?.catchUp()
  }

  lost(bucket: Bucket): void {
    this.#wakeAll(bucket)
  }

  heard(bucket: Bucket, message: Buffer): void {
    this.#chains[bucket.index]?.hear(message)
  }

  failed(error: unknown): void {
    this.#report(error)
  }

  news(_bucket: Bucket, names: readonly string[], origin: string | undefined): void {
    for (const name of names) if (name.startsWith('k') || name.startsWith('l')) this.#wake(name.slice(1))
    // Two who follow one store are others to each other, whom its messages do not tell apart.
    if (origin === this.#origin && this.#listeners.size < 2) return
    const marks = names.flatMap((name) => markNamed(name) ?? [])
    if (marks.length > 0) for (const listener of this.#listeners) listener(marks)
  }

  gap(bucket: Bucket): void {
    this.#wakeAll(bucket)
    for (const listener of this.#listeners) listener('gap')
  }

  #wake(key: string): void {
    for (const wake of this.#waiting.get(key) ?? []) wake()
  }

  #wakeAll(bucket: Bucket): void {
    for (const key of this.#waiting.keys()) if (this.#connection.buckets.of(key) === bucket) this.#wake(key)
  }
}

function markNamed(name: string): Mark | undefined {
  const rest = name.slice(1)
  if (name.startsWith('k')) return { key: rest }
  if (name.startsWith('t')) return { tag: rest }
  return name.startsWith('n') ? { namespace: rest } : undefined
}
