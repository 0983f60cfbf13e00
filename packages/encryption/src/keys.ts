import { hkdfSync } from 'node:crypto'
import { GranaryError } from '@granary/core'

const LENGTH = 32
const ID_LENGTH = 8

/** What a key of the user's is used for; each use has a key of its own, so that none tells anything of another. */
type Use = 'sign' | 'encrypt' | 'name iv' | 'name'

/** A key of the user's. */
export interface Secret {
  /** Which key it is, for reading: 8 bytes, made from the key and telling nothing of it. */
  readonly id: Uint8Array
  /** A key of 32 bytes for one use (HKDF, RFC 5869). */
  derive(use: Use): Uint8Array
}

/** @throws GranaryError `INVALID_OPTION` for what is not 32 bytes */
export function secretOf(key: unknown, option: string): Secret {
  if (!(key instanceof Uint8Array) || key.length !== LENGTH) {
    throw new GranaryError(
      'INVALID_OPTION',
      `seal: ${option}: a key is 32 bytes: crypto.randomBytes(32), Buffer.from(text, 'base64'), or await keyFromPassphrase(…)`,
    )
  }
  const copy = Uint8Array.from(key)
  const derive = (info: string, length: number) =>
    new Uint8Array(hkdfSync('sha256', copy, '', `granary ${info}`, length))
  return { id: derive('key id', ID_LENGTH), derive: (use) => derive(use, LENGTH) }
}
