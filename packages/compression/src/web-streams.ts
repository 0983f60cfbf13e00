import { longerThanSaid } from './too-large.js'

/** How much is written at a time, so that no more is made than is read. */
const PIECE = 64 * 1024

/** Has the runtime the web's compression streams? They work off the main thread, in browsers, Deno, Bun, Node. */
export function hasStreams(): boolean {
  return typeof CompressionStream === 'function' && typeof DecompressionStream === 'function'
}

/** `undefined` for more than `most` bytes. The level is the stream's own. */
export async function compressInStream(bytes: Uint8Array, most: number): Promise<Uint8Array | undefined> {
  return through(new CompressionStream('deflate-raw'), bytes, most)
}

export async function decompressInStream(bytes: Uint8Array, length: number): Promise<Uint8Array> {
  const whole = await through(new DecompressionStream('deflate-raw'), bytes, length)
  if (whole === undefined) throw longerThanSaid()
  return whole
}

/** What comes out of a stream, or `undefined` as soon as that is more than `most` bytes. */
async function through(
  { readable, writable }: CompressionStream | DecompressionStream,
  bytes: Uint8Array,
  most: number,
): Promise<Uint8Array | undefined> {
  // Whatever goes wrong with the writing goes wrong with the reading too.
  writeAll(writable, bytes).catch(() => {})
  const whole = new Uint8Array(most)
  let filled = 0
  const reader = readable.getReader()
  for (let read = await reader.read(); !read.done; read = await reader.read()) {
    if (filled + read.value.length > most) {
      await reader.cancel().catch(() => {})
      return undefined
    }
    whole.set(read.value, filled)
    filled += read.value.length
  }
  return whole.subarray(0, filled)
}

async function writeAll(writable: WritableStream, bytes: Uint8Array): Promise<void> {
  const writer = writable.getWriter()
  for (let at = 0; at < bytes.length; at += PIECE) {
    await writer.ready
    await writer.write(bytes.subarray(at, at + PIECE))
  }
  await writer.close()
}
