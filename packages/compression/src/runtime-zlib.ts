import { type Awaitable, GranaryError, isPromise } from '@granary/core'
import { type Engine, LONGEST_ON_THREAD } from './engine.js'
import { longerThanSaid } from './too-large.js'

type Zlib = typeof import('node:zlib')

/** The runtime's own zlib, where it has one (Node, Deno, Bun). Asked for and not imported, so that a browser can be without. */
export function runtimeZlib(): Zlib | undefined {
  return globalThis.process?.getBuiltinModule?.('node:zlib')
}

/** What zlib calls its functions for one format, made alike. */
interface Format {
  options(level: number): object
  compressSync(bytes: Uint8Array, options: object): Uint8Array
  compress(bytes: Uint8Array, options: object, done: Done): void
  readonly readOptions: object
  decompressSync(bytes: Uint8Array, options: object): Uint8Array
  decompress(bytes: Uint8Array, options: object, done: Done): void
}

type Done = (error: Error | null, result: Uint8Array) => void

/** Raw DEFLATE (RFC 1951), as fflate makes and reads it too. */
export function zlibDeflate(zlib: Zlib): Engine {
  return engineOf({
    options: (level) => ({ level }),
    compressSync: zlib.deflateRawSync,
    compress: zlib.deflateRaw,
    readOptions: {},
    decompressSync: zlib.inflateRawSync,
    decompress: zlib.inflateRaw,
  })
}

/** The largest window of a level up to 19, as a power of two: what a frame can make its reader allocate. */
const LARGEST_WINDOW = 23

/**
 * Zstandard (RFC 8878).
 *
 * @throws GranaryError `UNSUPPORTED_RUNTIME` where there is none
 */
export function zlibZstd(zlib: Zlib | undefined): Engine {
  if (zlib?.zstdCompressSync === undefined) {
    throw new GranaryError(
      'UNSUPPORTED_RUNTIME',
      "compress: this runtime has no Zstandard; Node has it from 22.15 on. Leave algorithm out for 'deflate', which is everywhere",
    )
  }
  const { ZSTD_c_compressionLevel, ZSTD_d_windowLogMax } = zlib.constants
  return engineOf({
    options: (level) => ({ params: { [ZSTD_c_compressionLevel]: level } }),
    compressSync: zlib.zstdCompressSync,
    compress: zlib.zstdCompress,
    readOptions: { params: { [ZSTD_d_windowLogMax]: LARGEST_WINDOW } },
    decompressSync: zlib.zstdDecompressSync,
    decompress: zlib.zstdDecompress,
  })
}

const SMALLEST_CHUNK = 64

function engineOf(format: Format): Engine {
  return {
    compress(bytes, level, most) {
      const options = { ...format.options(level), ...atMost(most) }
      return unlessTooLarge<Uint8Array | undefined>(
        () =>
          bytes.length > LONGEST_ON_THREAD
            ? later(format.compress, bytes, options)
            : format.compressSync(bytes, options),
        () => undefined,
      )
    },
    decompress(bytes, length) {
      const options = { ...format.readOptions, ...atMost(length) }
      return unlessTooLarge(
        () =>
          length > LONGEST_ON_THREAD ? later(format.decompress, bytes, options) : format.decompressSync(bytes, options),
        () => {
          throw longerThanSaid()
        },
      )
    },
  }
}

/** All of it in one chunk, so that none are joined; a byte more, or a full chunk is followed by another. */
function atMost(length: number): object {
  return { maxOutputLength: Math.max(1, length), chunkSize: Math.max(SMALLEST_CHUNK, length + 1) }
}

function later(work: Format['compress'], bytes: Uint8Array, options: object): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    work(bytes, options, (error, result) => (error === null ? resolve(result) : reject(error)))
  })
}

function unlessTooLarge<T>(work: () => Awaitable<T>, otherwise: () => T): Awaitable<T> {
  const recover = (error: unknown): T => {
    if ((error as { code?: unknown }).code === 'ERR_BUFFER_TOO_LARGE') return otherwise()
    throw error
  }
  try {
    const done = work()
    return isPromise(done) ? done.catch(recover) : done
  } catch (error) {
    return recover(error)
  }
}
