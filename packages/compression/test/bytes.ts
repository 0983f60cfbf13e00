import { GranaryError } from '@granary/core'

/** What a stage is given with bytes of an entry whose serialized value has this length. */
export function associatedWith(length: number): Uint8Array {
  const head = new Uint8Array(68)
  new DataView(head.buffer).setUint32(64, length, true)
  return head
}

/** Text of this length that compresses as JSON does. */
export function jsonOf(length: number): Uint8Array {
  const rows = Array.from({ length: Math.ceil(length / 20) }, (_, id) => ({ id, name: `user ${(id * 7919) % 1000}` }))
  return Buffer.from(JSON.stringify(rows).slice(0, length))
}

/** Bytes that do not compress, the same each time. */
export function noiseOf(length: number): Uint8Array {
  let state = 1
  return Uint8Array.from({ length }, () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return state
  })
}

export async function errorOf(action: () => unknown): Promise<GranaryError> {
  try {
    await action()
  } catch (error) {
    if (error instanceof GranaryError) return error
    throw error
  }
  throw new Error('it did not fail')
}
