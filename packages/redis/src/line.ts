import type { Redis } from 'ioredis'
import type { Bucket } from './buckets.js'
import { watchSilence } from './silence.js'

/** Who is told of what becomes of the subscription to a bucket's channel. */
export interface Subscriber {
  /** Its messages come from now on. */
  subscribed(bucket: Bucket): void
  /** They come no more. */
  lost(bucket: Bucket): void
  heard(bucket: Bucket, message: Buffer): void
  failed(error: unknown): void
}

/** One connection to one server, on which the messages of some buckets come. It connects again for ever. */
export class Line {
  readonly #redis: Redis
  readonly #isSharded: boolean
  readonly #subscriber: Subscriber
  readonly #wanted = new Map<string, Bucket>()
  readonly #asked = new Set<Bucket>()
  readonly #subscribed = new Set<Bucket>()

  constructor(redis: Redis, isSharded: boolean, subscriber: Subscriber) {
    this.#redis = redis
    this.#isSharded = isSharded
    this.#subscriber = subscriber
    redis.on('error', () => {})
    redis.on('ready', () => this.check())
    redis.on('close', () => this.#loseAll())
    // A slot has moved, and the server does not say which.
    redis.on('moved', () => this.#loseAll())
    redis.on(isSharded ? 'smessageBuffer' : 'messageBuffer', (channel: Buffer, message: Buffer) => {
      const bucket = this.#wanted.get(channel.toString())
      if (bucket !== undefined) subscriber.heard(bucket, message)
    })
    watchSilence(redis)
    redis.connect().catch(() => {})
  }

  /** Is nothing wanted of it? */
  get isIdle(): boolean {
    return this.#wanted.size === 0
  }

  isOn(bucket: Bucket): boolean {
    return this.#subscribed.has(bucket)
  }

  add(bucket: Bucket): void {
    this.#wanted.set(bucket.channel, bucket)
    this.#ask(bucket)
  }

  remove(bucket: Bucket): void {
    this.#wanted.delete(bucket.channel)
    if (this.#subscribed.has(bucket))
      this.#send(this.#isSharded ? 'sunsubscribe' : 'unsubscribe', bucket).catch(() => {})
    this.#lose(bucket)
  }

  /** Asks for what is wanted and not there, and for a sign of life: a server that hangs closes no connection. */
  check(): void {
    for (const bucket of this.#wanted.values()) this.#ask(bucket)
    if (this.#redis.status === 'ready') this.#redis.ping().catch(() => {})
  }

  close(): void {
    this.#wanted.clear()
    this.#redis.disconnect()
    this.#loseAll()
  }

  #ask(bucket: Bucket): void {
    if (this.#redis.status !== 'ready' || this.#asked.has(bucket)) return
    this.#asked.add(bucket)
    this.#send(this.#isSharded ? 'ssubscribe' : 'subscribe', bucket).then(
      () => {
        if (!this.#asked.has(bucket)) return
        this.#subscribed.add(bucket)
        this.#subscriber.subscribed(bucket)
      },
      (error: Error) => {
        this.#lose(bucket)
        // A connection that ended, or a slot that moved: it is tried again, and nothing is wrong.
        if (this.#redis.status === 'ready' && !error.message.startsWith('MOVED')) this.#subscriber.failed(error)
      },
    )
  }

  #send(command: 'subscribe' | 'unsubscribe' | 'ssubscribe' | 'sunsubscribe', bucket: Bucket): Promise<unknown> {
    return this.#redis[command](bucket.channel)
  }

  #loseAll(): void {
    for (const bucket of [...this.#asked]) this.#lose(bucket)
  }

  #lose(bucket: Bucket): void {
    this.#asked.delete(bucket)
    if (this.#subscribed.delete(bucket)) this.#subscriber.lost(bucket)
  }
}
