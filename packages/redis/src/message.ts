import { readNames } from './entry-format.js'

/** Two positions and who wrote it, before the names. */
const HEAD = 24

/** What is published of each change of a bucket: it names its predecessor, so that a lost one shows. */
export interface Message {
  /** Position of the newest mark before this message, and after it; the same where it made none. */
  readonly before: number
  readonly last: number
  /** The store that made the change. */
  readonly origin: string
  /** What changed: `k` and a key, `n` and a namespace, `t` and a tag, `l` and a key whose lease ended. */
  readonly names: readonly string[]
}

export function readMessage(bytes: Buffer): Message | undefined {
  if (bytes.length < HEAD) return undefined
  return {
    before: bytes.readDoubleBE(0),
    last: bytes.readDoubleBE(8),
    origin: bytes.toString('latin1', 16, HEAD),
    names: readNames(bytes, HEAD, bytes.length),
  }
}
