/** Where the history of a bucket stands: six doubles, big-endian. Positions are microseconds of the server's time, or above. */
export interface BucketClock {
  /** Position of the newest write. */
  readonly seq: number
  /** Position of the newest mark. */
  readonly last: number
  /** Position of the newest mark on a namespace or a tag. */
  readonly lastScope: number
  /** Marks below were forgotten: computations that began before are refused. */
  readonly keyFloor: number
  /** Marks on namespaces and tags below were forgotten: entries that began before are misses. */
  readonly scopeFloor: number
}

const LENGTH = 48

/** `undefined` where there is no clock: it was evicted, or flushed, or never begun. */
export function readClock(bytes: Buffer | null | undefined): BucketClock | undefined {
  if (!Buffer.isBuffer(bytes) || bytes.length !== LENGTH) return undefined
  return {
    seq: bytes.readDoubleBE(0),
    last: bytes.readDoubleBE(8),
    lastScope: bytes.readDoubleBE(16),
    keyFloor: bytes.readDoubleBE(24),
    scopeFloor: bytes.readDoubleBE(32),
  }
}
