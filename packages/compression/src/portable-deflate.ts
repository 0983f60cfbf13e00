import { deflateSync, Inflate } from 'fflate'
import { type Engine, LONGEST_ON_THREAD } from './engine.js'
import { longerThanSaid } from './too-large.js'
import { compressInStream, decompressInStream, hasStreams } from './web-streams.js'

/** How much is inflated at a time, before what came of it is counted. A byte makes a thousand at most. */
const PIECE = 4 * 1024

/** DEFLATE without the runtime's help: by fflate, and where it is long by the streams of the web, off the main thread. */
export const portableDeflate: Engine = {
  compress(bytes, level, most) {
    if (bytes.length > LONGEST_ON_THREAD && hasStreams()) return compressInStream(bytes, most)
    const made = deflateSync(bytes, { level: level as 6 })
    return made.length > most ? undefined : made
  },
  decompress(bytes, length) {
    return length > LONGEST_ON_THREAD && hasStreams() ? decompressInStream(bytes, length) : inflate(bytes, length)
  },
}

/** Piece by piece: fflate's own functions at once either grow without a limit, or go on counting when there is no room. */
function inflate(bytes: Uint8Array, length: number): Uint8Array {
  const whole = new Uint8Array(length)
  let filled = 0
  const inflating = new Inflate((made) => {
    if (filled + made.length > length) throw longerThanSaid()
    whole.set(made, filled)
    filled += made.length
  })
  let at = 0
  for (; at + PIECE < bytes.length; at += PIECE) inflating.push(bytes.subarray(at, at + PIECE))
  inflating.push(bytes.subarray(at), true)
  return whole.subarray(0, filled)
}
