import { type CodecStage, type Concealment, GranaryError } from '@granary/core'

/** Hides names as a real one does, but so that a test can read them: the name and its place, in hexadecimal. */
export const plainConcealment: Concealment = {
  hide: (name, place) => `h${Buffer.from(`${place}|${name}`).toString('hex')}`,
  reveal(hidden, place) {
    const text = Buffer.from(hidden.slice(1), 'hex').toString()
    if (hidden[0] !== 'h' || !text.startsWith(`${place}|`))
      throw new GranaryError('CORRUPT', 'not hidden here', { reason: 'unknown-key' })
    return text.slice(place.length + 1)
  },
}

/** A stage that does nothing else than to conceal names. */
export function concealing(): CodecStage {
  const same = (bytes: Uint8Array) => bytes
  return { id: 210, name: 'concealing', required: true, concealment: plainConcealment, encode: same, decode: same }
}
