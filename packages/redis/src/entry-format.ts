import type { StoredBytes } from '@granary/codec'
import { type Entry, type KeyedInfo, namespaceLineage, parsePhysicalKey } from '@granary/core'

/**
 * How an entry is kept, big-endian:
 *
 * | at | what |
 * | --- | --- |
 * | 0, 8 | version and since: positions in the bucket's history, written by the script that stores it |
 * | 16 | version of the format |
 * | 17 … 57 | created, fresh until, stale until, compute ms, cost |
 * | 57 | bytes of the names that follow: of the namespaces around it (`n` and a path) and its tags (`t` and a tag), each with its length |
 * | 61 | those names, then the value |
 */
const FORMAT = 1
/** Length of the part that the script writes. */
const POSITIONS = 16
export const FIXED = 61

const encoder = new TextEncoder()

/** Names of the scopes whose marks cover an entry, but for the root's, which covers all. */
export function scopesOf({ namespace, tags }: Pick<Entry, 'namespace' | 'tags'>): string[] {
  if (namespace === '' && tags.length === 0) return []
  return [...namespaceLineage(namespace).map((path) => `n${path}`), ...tags.map((tag) => `t${tag}`)]
}

/** All of an entry but its positions. */
export function writeEntry(entry: Entry<Uint8Array>, scopes: readonly string[]): Buffer {
  const names = scopes.length === 0 ? undefined : writeNames(scopes)
  const size = names?.length ?? 0
  const start = FIXED - POSITIONS + size
  const bytes = Buffer.allocUnsafe(start + entry.value.length)
  bytes[0] = FORMAT
  bytes.writeDoubleBE(entry.createdAt, 1)
  bytes.writeDoubleBE(entry.freshUntil, 9)
  bytes.writeDoubleBE(entry.staleUntil, 17)
  bytes.writeDoubleBE(entry.computeMs, 25)
  bytes.writeDoubleBE(entry.cost, 33)
  bytes.writeUInt32BE(size, 41)
  if (names !== undefined) bytes.set(names, FIXED - POSITIONS)
  bytes.set(entry.value, start)
  return bytes
}

/** Names one after the other, each with its length before it: as messages carry them too. */
function writeNames(names: readonly string[]): Buffer {
  const encoded = names.map((name) => encoder.encode(name))
  const bytes = Buffer.allocUnsafe(encoded.reduce((sum, name) => sum + 4 + name.length, 0))
  let at = 0
  for (const name of encoded) {
    at = bytes.writeUInt32BE(name.length, at)
    bytes.set(name, at)
    at += name.length
  }
  return bytes
}

export function readNames(bytes: Buffer, start: number, end: number): string[] {
  const names: string[] = []
  for (let at = start; at + 4 <= end; ) {
    const next = at + 4 + bytes.readUInt32BE(at)
    if (next > end) break
    names.push(bytes.toString('utf8', at + 4, next))
    at = next
  }
  return names
}

/** An entry as it was found, not yet judged. */
export class FoundEntry {
  readonly #bytes: Buffer
  readonly #start: number

  /** `undefined` for bytes that no entry of this format begins with. */
  static in(bytes: Buffer): FoundEntry | undefined {
    if (bytes.length < FIXED || bytes[POSITIONS] !== FORMAT) return undefined
    const start = FIXED + bytes.readUInt32BE(57)
    return start > bytes.length ? undefined : new FoundEntry(bytes, start)
  }

  private constructor(bytes: Buffer, start: number) {
    this.#bytes = bytes
    this.#start = start
  }

  get version(): number {
    return this.#bytes.readDoubleBE(0)
  }

  get since(): number {
    return this.#bytes.readDoubleBE(8)
  }

  get scopes(): string[] {
    return readNames(this.#bytes, FIXED, this.#start)
  }

  get stored(): StoredBytes {
    const { buffer, byteOffset, length } = this.#bytes
    return { value: new Uint8Array(buffer, byteOffset + this.#start, length - this.#start), since: this.since }
  }

  info(key: string): Omit<KeyedInfo, 'size'> {
    const bytes = this.#bytes
    return {
      key,
      namespace: parsePhysicalKey(key).namespace,
      tags: this.scopes.flatMap((name) => (name.startsWith('t') ? [name.slice(1)] : [])),
      createdAt: bytes.readDoubleBE(17),
      freshUntil: bytes.readDoubleBE(25),
      staleUntil: bytes.readDoubleBE(33),
      computeMs: bytes.readDoubleBE(41),
      cost: bytes.readDoubleBE(49),
      since: this.since,
    }
  }
}
