import { type BucketClock, readClock } from './bucket-clock.js'
import type { Bucket } from './buckets.js'
import type { Connection } from './connection.js'
import type { FoundEntry } from './entry-format.js'
import { NEWS } from './scripts.js'

/** More than these are forgotten whole, and read again from what is needed then. */
const MOST = 100_000

/**
 * Marks on the namespaces and tags of one bucket, as far as they are known here. Each reply to a read says how far the
 * server's go: while that is no further, an entry is judged without asking.
 */
export class ScopeMarks {
  readonly #bucket: Bucket
  readonly #connection: Connection
  readonly #positions = new Map<string, number>()
  /** All marks above the first and up to the second are known. */
  #from = Infinity
  #upTo = -Infinity
  #reading: Promise<void> | undefined

  constructor(bucket: Bucket, connection: Connection) {
    this.#bucket = bucket
    this.#connection = connection
  }

  /** Is the entry valid, at a time when the history stood as the clock says? A promise where marks have to be read first. */
  spares(entry: FoundEntry, clock: BucketClock): boolean | Promise<boolean> {
    const { since } = entry
    if (since < clock.scopeFloor) return false
    if (since >= clock.lastScope) return true
    if (this.#upTo >= clock.lastScope && this.#from <= since) return this.#judge(entry)
    return this.#learn(since, clock.lastScope).then(() => this.#judge(entry))
  }

  #judge(entry: FoundEntry): boolean {
    const { since } = entry
    if ((this.#positions.get('n') ?? 0) > since) return false
    return entry.scopes.every((name) => (this.#positions.get(name) ?? 0) <= since)
  }

  async #learn(from: number, upTo: number): Promise<void> {
    const knows = () => this.#upTo >= upTo && this.#from <= from
    // One that is under way may have begun before the mark was made.
    if (this.#reading !== undefined) await this.#reading
    if (knows()) return
    this.#reading ??= this.#read(from).finally(() => (this.#reading = undefined))
    await this.#reading
    if (this.#from > from) await this.#learn(from, upTo)
  }

  async #read(from: number): Promise<void> {
    if (this.#positions.size > MOST) {
      this.#positions.clear()
      this.#from = Infinity
    }
    const above = this.#from <= from ? this.#upTo : from
    const { clock, marks } = await readNews(this.#connection, this.#bucket, above, false)
    for (const [name, position] of marks) this.#positions.set(name, position)
    this.#from = Math.min(this.#from, from)
    this.#upTo = Math.max(clock.lastScope, this.#upTo)
  }
}

/** A bucket's marks above a position, on namespaces and tags and, if asked for, on keys. */
export async function readNews(
  connection: Connection,
  bucket: Bucket,
  above: number,
  keysToo: boolean,
): Promise<{ readonly clock: BucketClock; readonly marks: Map<string, number> }> {
  const { index, clock, keyMarks, scopeMarks } = bucket
  const args = [Math.max(above, 0), keysToo ? '1' : '0']
  const reply = await connection.run<Buffer[]>(NEWS, index, [clock, keyMarks, scopeMarks], args)
  const marks = new Map<string, number>()
  for (let at = 1; at < reply.length; at += 2) {
    const name = (reply[at] as Buffer).toString()
    if (name !== '^') marks.set(name, Number(reply[at + 1]))
  }
  return { clock: readClock(reply[0]) as BucketClock, marks }
}
