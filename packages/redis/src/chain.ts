import { readClock } from './bucket-clock.js'
import type { Bucket } from './buckets.js'
import type { Connection } from './connection.js'
import { type Message, readMessage } from './message.js'
import { readNews } from './scope-marks.js'
import { BEGIN } from './scripts.js'

/** Who is told of what is new in a bucket. */
export interface ChainListener {
  /** Names as messages have them; `undefined` for an origin that is not known. */
  news(bucket: Bucket, names: readonly string[], origin: string | undefined): void
  /** Something was missed, and what it was is not known. */
  gap(bucket: Bucket): void
}

/**
 * Follows the history of one bucket. A message that does not follow on what is known, and every new subscription, has it
 * read the marks that it lacks; where the server has forgotten some of them, there is a gap.
 */
export class Chain {
  readonly bucket: Bucket
  readonly #connection: Connection
  readonly #listener: ChainListener
  /** Position of the newest mark up to which all are known. */
  #known: number | undefined
  /** Messages that came while marks are read. */
  #waiting: Message[] | undefined
  #again = false
  #begun: Promise<void> | undefined

  constructor(bucket: Bucket, connection: Connection, listener: ChainListener) {
    this.bucket = bucket
    this.#connection = connection
    this.#listener = listener
  }

  /** Notes where the history stands. Called before anything is read, it goes to the server before that. */
  begin(): void {
    this.#begun = this.#begin()
  }

  async #begin(): Promise<void> {
    const { index, clock, keyMarks, scopeMarks } = this.bucket
    try {
      const begun = await this.#connection.run<Buffer>(BEGIN, index, [clock, keyMarks, scopeMarks], [])
      this.#known ??= readClock(begun)?.last
    } catch {
      // It is not known, so that the first subscription begins with a gap.
    }
  }

  hear(bytes: Buffer): void {
    const message = readMessage(bytes)
    if (message === undefined) return
    // Also what does not follow on what is known is better heard now than later.
    this.#listener.news(this.bucket, message.names, message.origin)
    if (this.#waiting !== undefined) this.#waiting.push(message)
    else if (!this.#follows(message)) void this.catchUp()
  }

  /** Reads the marks above what is known. */
  async catchUp(): Promise<void> {
    if (this.#waiting !== undefined) {
      // What is being read may be older than this call.
      this.#again = true
      return
    }
    const waiting: Message[] = []
    this.#waiting = waiting
    this.#again = false
    try {
      await this.#read()
    } catch {
      // The connection has failed: the next subscription or message has it read again.
      return
    } finally {
      this.#waiting = undefined
    }
    if (this.#again || !waiting.every((message) => this.#follows(message))) await this.catchUp()
  }

  async #read(): Promise<void> {
    await this.#begun
    const known = this.#known
    const above = known ?? Number.MAX_SAFE_INTEGER
    const { clock, marks } = await readNews(this.#connection, this.bucket, above, true)
    this.#known = clock.last
    if (known === undefined || known < Math.max(clock.keyFloor, clock.scopeFloor)) this.#listener.gap(this.bucket)
    else if (marks.size > 0) this.#listener.news(this.bucket, [...marks.keys()], undefined)
  }

  #follows({ before, last }: Message): boolean {
    if (this.#known === undefined || before > this.#known) return false
    this.#known = Math.max(this.#known, last)
    return true
  }
}
