import { createCipheriv, createDecipheriv, createHmac, createSecretKey, timingSafeEqual } from 'node:crypto'
import type { Concealment } from '@granary/core'
import type { Secret } from './keys.js'
import { refusal } from './sealed-bytes.js'

const IV = 16
/** Hidden and shown forms that are remembered, so that a key that is used again costs no cipher. */
const REMEMBERED = 10_000

/**
 * Hides names so that equal ones stay equal, and nothing else shows but their length: encryption with a synthetic IV (the
 * idea of RFC 5297), which is the HMAC-SHA256 of the name and its place, and under which AES-256-CTR encrypts the name.
 * Written as base64url.
 */
export function hiddenWith(secret: Secret): Concealment {
  const ivKey = createSecretKey(secret.derive('name iv'))
  const key = createSecretKey(secret.derive('name'))
  const hiding = remembering((name, place) => {
    const text = Buffer.from(name)
    const iv = ivOf(text, place)
    return Buffer.concat([iv, createCipheriv('aes-256-ctr', key, iv).update(text)]).toString('base64url')
  })
  const revealing = remembering((hidden, place) => {
    const bytes = Buffer.from(hidden, 'base64url')
    // Text that is no base64url, or that others are read as too, was not made here.
    if (bytes.length < IV || bytes.toString('base64url') !== hidden) throw notOurs()
    const iv = bytes.subarray(0, IV)
    const text = createDecipheriv('aes-256-ctr', key, iv).update(bytes.subarray(IV))
    if (!timingSafeEqual(ivOf(text, place), iv)) throw notOurs()
    return text.toString()
  })

  function ivOf(text: Uint8Array, place: string): Uint8Array {
    return createHmac('sha256', ivKey).update(`${place};`).update(text).digest().subarray(0, IV)
  }

  return { hide: hiding, reveal: revealing }
}

function notOurs(): Error {
  return refusal('unknown-key', 'a name was not hidden with this key')
}

/** Remembers results, until they are too many. What throws is not remembered. */
function remembering(make: (text: string, place: string) => string): (text: string, place: string) => string {
  const known = new Map<string, string>()
  return (text, place) => {
    // The length keeps a place from running into the name behind it.
    const name = `${place.length}${place};${text}`
    const before = known.get(name)
    if (before !== undefined) return before
    const made = make(text, place)
    if (known.size >= REMEMBERED) known.clear()
    known.set(name, made)
    return made
  }
}
