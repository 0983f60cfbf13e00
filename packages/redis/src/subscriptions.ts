import { Cluster, type Redis } from 'ioredis'
import type { Bucket } from './buckets.js'
import type { Connection } from './connection.js'
import { Line, type Subscriber } from './line.js'

/** How often lines are checked, and buckets looked for where they are now. */
const CHECK_EVERY = 500
const LONGEST_PAUSE = 500

/** Of a connection that only listens. */
const LISTENING = {
  lazyConnect: true,
  enableOfflineQueue: false,
  autoResubscribe: false,
  // Channels are named as the server knows them.
  keyPrefix: '',
  readOnly: false,
  connectTimeout: 500,
  maxRetriesPerRequest: 0,
  retryStrategy: (attempt: number) => Math.min(50 * attempt, LONGEST_PAUSE),
} as const

/**
 * Subscriptions to the channels of all buckets: on one connection to a server that stands alone, on one to each master of
 * a Cluster. A bucket that moves to another master is followed there.
 */
export class Subscriptions {
  readonly #connection: Connection
  readonly #subscriber: Subscriber
  readonly #lines = new Map<string, Line>()
  readonly #placed = new Map<Bucket, Line>()
  readonly #place = () => this.#placeAll()
  #timer: NodeJS.Timeout | undefined

  constructor(connection: Connection, subscriber: Subscriber) {
    this.#connection = connection
    this.#subscriber = subscriber
  }

  open(): void {
    if (this.#timer !== undefined) return
    this.#timer = setInterval(() => this.#check(), CHECK_EVERY)
    this.#timer.unref()
    this.#connection.client.on('ready', this.#place)
    this.#placeAll()
  }

  close(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
    this.#connection.client.off('ready', this.#place)
    for (const line of this.#lines.values()) line.close()
    this.#lines.clear()
    this.#placed.clear()
  }

  /** Do the bucket's messages come now? */
  isOn(bucket: Bucket): boolean {
    return this.#placed.get(bucket)?.isOn(bucket) === true
  }

  #check(): void {
    this.#placeAll()
    for (const [node, line] of this.#lines) {
      if (line.isIdle) {
        line.close()
        this.#lines.delete(node)
      } else line.check()
    }
  }

  #placeAll(): void {
    for (const bucket of this.#connection.buckets.all) {
      const line = this.#lineFor(bucket)
      const before = this.#placed.get(bucket)
      if (line === undefined || line === before) continue
      before?.remove(bucket)
      this.#placed.set(bucket, line)
      line.add(bucket)
    }
  }

  /** `undefined` where it is not known yet which server has the bucket. */
  #lineFor(bucket: Bucket): Line | undefined {
    const { client } = this.#connection
    if (!(client instanceof Cluster)) return this.#line('', client)
    const node = client.slots[bucket.slot]?.[0]
    if (node === undefined) return undefined
    const master = client.nodes('master').find(({ options }) => `${options.host}:${options.port}` === node)
    return this.#lines.get(node) ?? (master && this.#line(node, master))
  }

  #line(node: string, server: Redis): Line {
    const line =
      this.#lines.get(node) ?? new Line(server.duplicate(LISTENING), this.#connection.isCluster, this.#subscriber)
    this.#lines.set(node, line)
    return line
  }
}
