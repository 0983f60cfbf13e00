import { GranaryError } from '@granary/core'

/** A stream that comes in pieces of any length, read in others. */
export interface Pieces {
  /** The next bytes; `undefined` where the stream ends before. Never holds more than them and one piece. */
  read(length: number): Promise<Uint8Array | undefined>
  /** Passes over bytes, each given to `seen`. Were they all there? */
  skip(length: number, seen: (bytes: Uint8Array) => void): Promise<boolean>
  /** Ends the stream, whether or not all of it was read. */
  end(): Promise<void>
}

/** @throws GranaryError `INVALID_OPTION` for what is no stream, or, when it is read, for one of anything but bytes */
export function piecesOf(stream: AsyncIterable<Uint8Array>): Pieces {
  if (typeof stream?.[Symbol.asyncIterator] !== 'function') throw noBytes()
  const iterator = stream[Symbol.asyncIterator]()
  let held: Uint8Array = new Uint8Array()

  /** What comes next, up to so many bytes; nothing at the end. */
  async function next(most: number): Promise<Uint8Array | undefined> {
    while (held.length === 0) {
      const piece = await iterator.next()
      if (piece.done) return undefined
      if (!(piece.value instanceof Uint8Array)) throw noBytes()
      held = piece.value
    }
    const taken = held.subarray(0, most)
    held = held.subarray(most)
    return taken
  }

  async function skip(length: number, seen: (bytes: Uint8Array) => void): Promise<boolean> {
    for (let left = length; left > 0; ) {
      const taken = await next(left)
      if (taken === undefined) return false
      left -= taken.length
      seen(taken)
    }
    return true
  }

  return {
    // Nothing is set aside for a length before its bytes are there.
    async read(length) {
      const parts: Uint8Array[] = []
      return (await skip(length, (part) => parts.push(part))) ? joined(parts) : undefined
    },
    skip,
    async end() {
      await iterator.return?.()
    },
  }
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  return parts.length === 1 ? (parts[0] as Uint8Array) : Buffer.concat(parts)
}

function noBytes(): GranaryError {
  return new GranaryError(
    'INVALID_OPTION',
    'give a stream of bytes, such as createReadStream(path) without an encoding',
  )
}
