const SLOTS = 16_384
/** Buckets of a Cluster, spread evenly over its slots. A server that stands alone needs one. */
const CLUSTER_BUCKETS = 64

/**
 * Where keys live. A bucket is one hash tag, so all its keys are in one slot and one script can work on them; it has a
 * history of its own.
 */
export class Bucket {
  readonly index: number
  /** The hash slot of a Cluster that all its keys are in. */
  readonly slot: number
  /** The bucket's history: where it stands, in one small string. */
  readonly clock: string
  /** Newest mark of each key that was deleted or set explicitly. */
  readonly keyMarks: string
  /** Newest mark of each namespace and tag. */
  readonly scopeMarks: string
  /** Name of its channel, as the server knows it. */
  readonly channel: string
  readonly #prefix: string

  /** @param clientPrefix what the client itself puts before every key */
  constructor(prefix: string, clientPrefix: string, tag: string, index: number) {
    this.index = index
    this.slot = slotOf(tag)
    this.#prefix = `${prefix}{${tag}}`
    this.clock = `${this.#prefix}c`
    this.keyMarks = `${this.#prefix}k`
    this.scopeMarks = `${this.#prefix}s`
    this.channel = `${clientPrefix}${this.#prefix}f`
  }

  entry(key: string): string {
    return `${this.#prefix}e:${key}`
  }

  lease(key: string): string {
    return `${this.#prefix}l:${key}`
  }

  /** What the names of all entries begin with. */
  get entryPrefix(): string {
    return this.entry('')
  }
}

/** All buckets of a store, and which of them a key is in. */
export class Buckets {
  readonly all: readonly Bucket[]

  constructor(prefix: string, clientPrefix: string, isCluster: boolean) {
    const tags = isCluster ? spreadTags(CLUSTER_BUCKETS) : ['0']
    this.all = tags.map((tag, index) => new Bucket(prefix, clientPrefix, tag, index))
  }

  of(key: string): Bucket {
    return this.all[this.all.length === 1 ? 0 : hashOf(key) % this.all.length] as Bucket
  }

  /** Items by the bucket that their key is in, in the order of their first; each with its place among all. */
  group<T>(items: readonly T[], keyOf: (item: T) => string): Map<Bucket, { item: T; at: number }[]> {
    const groups = new Map<Bucket, { item: T; at: number }[]>()
    for (const [at, item] of items.entries()) {
      const bucket = this.of(keyOf(item))
      const group = groups.get(bucket)
      if (group === undefined) groups.set(bucket, [{ item, at }])
      else group.push({ item, at })
    }
    return groups
  }
}

/** FNV-1a: stays the same for all programs that share the data. */
function hashOf(key: string): number {
  let hash = 0x811c9dc5
  for (let at = 0; at < key.length; at++) hash = Math.imul(hash ^ key.charCodeAt(at), 0x01000193)
  return (hash ^ (hash >>> 15)) >>> 0
}

/** The smallest numbers that hash into each of `count` equal parts of all slots. */
function spreadTags(count: number): string[] {
  const tags = new Array<string | undefined>(count)
  for (let found = 0, number = 0; found < count; number++) {
    const part = Math.floor((slotOf(String(number)) * count) / SLOTS)
    if (tags[part] !== undefined) continue
    tags[part] = String(number)
    found++
  }
  return tags as string[]
}

/** CRC-16/XMODEM of the tag, as Redis Cluster has it. */
function slotOf(tag: string): number {
  let crc = 0
  for (const byte of Buffer.from(tag)) {
    crc ^= byte << 8
    for (let bit = 0; bit < 8; bit++) crc = (crc & 0x8000) === 0 ? crc << 1 : (crc << 1) ^ 0x1021
  }
  return (crc & 0xffff) % SLOTS
}
