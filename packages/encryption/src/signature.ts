import { createHmac, createSecretKey, timingSafeEqual, webcrypto } from 'node:crypto'
import { type Awaitable, isPromise } from '@granary/core'
import { LONGEST_ON_THREAD, type Lock } from './lock.js'

const ALGORITHM = { name: 'HMAC', hash: 'SHA-256' }
const LENGTH = 32

/** HMAC-SHA256 (RFC 2104) over the header and the bytes, behind the bytes. */
export function signature(derived: Uint8Array): Lock {
  const key = createSecretKey(derived)
  let imported: Promise<webcrypto.CryptoKey> | undefined

  function codeOf(header: Uint8Array, bytes: Uint8Array): Awaitable<Uint8Array> {
    if (bytes.length <= LONGEST_ON_THREAD) return createHmac('sha256', key).update(header).update(bytes).digest()
    imported ??= webcrypto.subtle.importKey('raw', derived, ALGORITHM, false, ['sign'])
    return imported.then(async (key) => {
      return new Uint8Array(await webcrypto.subtle.sign(ALGORITHM, key, Buffer.concat([header, bytes])))
    })
  }

  return {
    added: LENGTH,
    close(header, bytes) {
      const signed = (code: Uint8Array) => Buffer.concat([header, bytes, code])
      const code = codeOf(header, bytes)
      return isPromise(code) ? code.then(signed) : signed(code)
    },
    open(header, closed) {
      const bytes = closed.subarray(0, closed.length - LENGTH)
      const found = closed.subarray(closed.length - LENGTH)
      const verified = (code: Uint8Array) => (timingSafeEqual(code, found) ? bytes : undefined)
      const code = codeOf(header, bytes)
      return isPromise(code) ? code.then(verified) : verified(code)
    },
  }
}
