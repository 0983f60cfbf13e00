import type { StoredBytes } from '@granary/codec'
import { type Entry, type Look, type Refusal, refused, type SetOutcome, STORED } from '@granary/core'
import { type BucketClock, readClock } from './bucket-clock.js'
import type { Bucket } from './buckets.js'
import type { Connection } from './connection.js'
import { FoundEntry, scopesOf, writeEntry } from './entry-format.js'
import { ScopeMarks } from './scope-marks.js'
import { BEGIN, PUT } from './scripts.js'

/** Keys that one command reads, and entries that one script writes, at most: nobody else is served meanwhile. */
const MOST_READS = 1_000
const MOST_PUTS = 50
const MOST_PUT_BYTES = 1_000_000
/** An entry stays on the server a little longer than it may be served, ms: clocks differ. */
const MARGIN = 5_000

const REASONS: readonly (Refusal | undefined)[] = [undefined, 'invalidated', 'overtaken', 'forgotten']

interface Read {
  readonly key: string
  readonly look: Look | undefined
  readonly resolve: (found: StoredBytes | undefined) => void
  readonly reject: (error: unknown) => void
}

interface Put {
  readonly key: string
  readonly scopes: readonly string[]
  readonly bytes: Buffer
  readonly since: number | undefined
  readonly ms: number
  readonly resolve: (outcome: SetOutcome) => void
  readonly reject: (error: unknown) => void
}

/** What a {@link Lane} is told by its store. */
export interface LaneContext {
  readonly connection: Connection
  readonly origin: string
  readonly now: () => number
  /** Marks on keys that one bucket keeps. */
  readonly mostKeyMarks: number
  /** The entry of a key was there and could not be understood, or could not be written. */
  readonly report: (operation: 'get' | 'set', key: string, error: unknown) => void
}

/**
 * Reads and writes of one bucket, in the order of their calls. Reads that are called in one turn go as one command, and
 * so do writes: many at once cost little more than one.
 */
export class Lane {
  readonly bucket: Bucket
  readonly #context: LaneContext
  readonly #marks: ScopeMarks
  #reads: Read[] = []
  #puts: Put[] = []
  #putBytes = 0
  #scheduled = false

  constructor(bucket: Bucket, context: LaneContext) {
    this.bucket = bucket
    this.#context = context
    this.#marks = new ScopeMarks(bucket, context.connection)
  }

  get(key: string, look: Look | undefined): Promise<StoredBytes | undefined> {
    if (this.#puts.length > 0) this.flush()
    return new Promise((resolve, reject) => {
      this.#reads.push({ key, look, resolve, reject })
      if (this.#reads.length >= MOST_READS) this.flush()
      else this.#schedule()
    })
  }

  set(key: string, entry: Entry<Uint8Array>, since: number | undefined): Promise<SetOutcome> {
    if (this.#reads.length > 0) this.flush()
    const scopes = scopesOf(entry)
    const bytes = writeEntry(entry, scopes)
    return new Promise((resolve, reject) => {
      const ms = lifeOnServer(entry.staleUntil - this.#context.now())
      this.#puts.push({ key, scopes, bytes, since, ms, resolve, reject })
      this.#putBytes += bytes.length
      if (this.#puts.length >= MOST_PUTS || this.#putBytes >= MOST_PUT_BYTES) this.flush()
      else this.#schedule()
    })
  }

  /** Sends what waits: whatever is sent after it comes after it. */
  flush(): void {
    const reads = this.#reads
    const puts = this.#puts
    this.#reads = []
    this.#puts = []
    this.#putBytes = 0
    if (reads.length > 0) void this.#read(reads)
    if (puts.length > 0) void this.#put(puts)
  }

  /** After what was called in this turn, and after what its promises lead to. */
  #schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    process.nextTick(() => {
      this.#scheduled = false
      this.flush()
    })
  }

  async #read(reads: readonly Read[]): Promise<void> {
    const { bucket } = this
    try {
      const names = reads.map(({ key }) => bucket.entry(key))
      // The clock along with the entries: where the history stood when they were read.
      const reply = await this.#context.connection.call<(Buffer | null)[]>('MGET', ...names, bucket.clock)
      const clock = readClock(reply[reads.length])
      if (clock === undefined) return await this.#begin(reads)
      for (const [at, read] of reads.entries()) this.#answer(read, reply[at] ?? null, clock)
    } catch (error) {
      for (const { reject } of reads) reject(error)
    }
  }

  /** There is no history: whatever entries there are cannot be judged. */
  async #begin(reads: readonly Read[]): Promise<void> {
    const { index, clock, keyMarks, scopeMarks } = this.bucket
    const begun = await this.#context.connection.run<Buffer>(BEGIN, index, [clock, keyMarks, scopeMarks], [])
    const at = readClock(begun)?.seq
    for (const { look, resolve } of reads) {
      if (look !== undefined && at !== undefined) look.at = at
      resolve(undefined)
    }
  }

  #answer({ key, look, resolve, reject }: Read, bytes: Buffer | null, clock: BucketClock): void {
    if (look !== undefined) look.at = clock.seq
    const entry = bytes === null ? undefined : FoundEntry.in(bytes)
    if (bytes !== null && entry === undefined)
      this.#context.report('get', key, new Error('what is stored under the key is no entry'))
    const spared = entry !== undefined && this.#marks.spares(entry, clock)
    if (typeof spared === 'boolean') resolve(spared ? entry?.stored : undefined)
    else spared.then((later) => resolve(later ? entry?.stored : undefined), reject)
  }

  async #put(puts: readonly Put[]): Promise<void> {
    const { connection, origin, mostKeyMarks } = this.#context
    const { index, clock, keyMarks, scopeMarks, channel } = this.bucket
    const keys = [clock, keyMarks, scopeMarks, ...puts.map(({ key }) => this.bucket.entry(key))]
    const args: (string | number | Buffer)[] = [channel, connection.publish, origin, mostKeyMarks]
    for (const { key, scopes, bytes, since, ms } of puts)
      args.push(since ?? '', ms, bytes, key, scopes.length, ...scopes)
    try {
      const results = await connection.run<(number | Buffer)[]>(PUT, index, keys, args)
      for (const [at, { key, resolve }] of puts.entries()) resolve(this.#outcomeOf(key, results[at]))
    } catch (error) {
      for (const { reject } of puts) reject(error)
    }
  }

  #outcomeOf(key: string, result: number | Buffer | undefined): SetOutcome {
    if (typeof result === 'number') {
      const reason = REASONS[result]
      return reason === undefined ? STORED : refused(reason)
    }
    this.#context.report('set', key, new Error(`the server refused the entry: ${String(result)}`))
    return refused('failed')
  }
}

/** In whole ms, at least 1; 0 for ever. */
function lifeOnServer(left: number): number {
  if (left === Infinity) return 0
  return Math.max(1, Math.min(Math.ceil(left) + MARGIN, Number.MAX_SAFE_INTEGER / 1_000))
}
