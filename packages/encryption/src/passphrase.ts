import { scrypt } from 'node:crypto'
import { checkOptions, GranaryError } from '@granary/core'

export interface PassphraseOptions {
  /** Text that belongs to this cache alone and need not be secret, of 8 characters or more; the same each time. */
  readonly salt: string
}

/** What OWASP recommends: 128 MB and some tenths of a second for each guess. */
const COST = { N: 2 ** 17, r: 8, p: 1, maxmem: 256 * 1024 ** 2 }
const LENGTH = 32
const SHORTEST = 8

/**
 * Derives a key of 32 bytes from a passphrase, by scrypt (RFC 7914; N = 2¹⁷, r = 8, p = 1), off the main thread: 128 MB
 * and about half a second, once. A key of random bytes is better: a passphrase can be guessed.
 *
 * @throws GranaryError `INVALID_OPTION` for a passphrase or salt that is too short
 */
export async function keyFromPassphrase(passphrase: string, options: PassphraseOptions): Promise<Uint8Array> {
  checkOptions('keyFromPassphrase', options, ['salt'])
  for (const [name, text] of Object.entries({ passphrase, salt: options.salt })) {
    if (typeof text !== 'string' || text.length < SHORTEST)
      throw new GranaryError('INVALID_OPTION', `keyFromPassphrase: give a ${name} of ${SHORTEST} characters or more`)
  }
  return new Promise((resolve, reject) => {
    // As one would type it on another machine (NFC), so that it is the same bytes.
    scrypt(passphrase.normalize(), options.salt.normalize(), LENGTH, COST, (error, key) =>
      error === null ? resolve(new Uint8Array(key)) : reject(error),
    )
  })
}
