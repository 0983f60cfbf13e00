import { rawLength } from '@granary/codec/envelope'
import {
  type Awaitable,
  type CodecStage,
  checkOptions,
  GranaryError,
  isPromise,
  parseSize,
  type Size,
} from '@granary/core'
import type { Engine } from './engine.js'
import { portableDeflate } from './portable-deflate.js'
import { runtimeZlib, zlibDeflate, zlibZstd } from './runtime-zlib.js'
import { tooLarge } from './too-large.js'

/** Options of {@link compress}. */
export interface CompressOptions {
  /** `'deflate'`, which every runtime reads, or `'zstd'`, faster and smaller, from Node 22.15 on. Default: `'deflate'`. */
  readonly algorithm?: 'deflate' | 'zstd'
  /** How hard it tries: 1, the fastest, to 9 (`'zstd'`: to 19). Default: 6 (`'zstd'`: 3). */
  readonly level?: number
  /** Shorter bytes stay as they are. Default: `'1kb'`. */
  readonly threshold?: Size
  /** Part of the size, 0 to 1, that has to be saved: else the bytes stay as they are. Default: 0.1. */
  readonly minimumSaving?: number
  /** Longer bytes stay as they are when writing, and are refused when reading. Default: `'256mb'`. */
  readonly maxLength?: Size
  /**
   * What does the work: `'zlib'`, the runtime's own; `'fflate'`, JavaScript, for every runtime; or `'auto'`, the first of
   * them that there is. Each reads what the other wrote. Default: `'auto'`.
   */
  readonly engine?: 'auto' | 'zlib' | 'fflate'
}

const ALGORITHMS = {
  deflate: { id: 1, level: 6, highest: 9 },
  zstd: { id: 4, level: 3, highest: 19 },
} as const

/** How many bytes may come of one; a bomb has more. What would be read as one is not written. */
const HIGHEST_RATIO = 250
/** Up to here the ratio does not matter. */
const HARMLESS = 1024 ** 2

/**
 * A stage that compresses: the first of the stages, `codec: [compress(), seal({ keys })]`.
 *
 * Above 64 KB it works off the main thread. Reading makes no more bytes than the entry says (which a seal authenticates),
 * than `maxLength`, and above 1 MB than 250 for each byte stored: all else is refused before it is made.
 *
 * @throws GranaryError `INVALID_OPTION`; `UNSUPPORTED_RUNTIME` for what this runtime does not have
 */
export function compress(options: CompressOptions = {}): CodecStage {
  const { algorithm, engine, level, threshold, mostBytes, kept } = read(options)

  /** The bytes, if they are worth it, and if reading will not take them for a bomb. */
  function accept(made: Uint8Array | undefined, length: number): Uint8Array | undefined {
    return made !== undefined && length <= longestOf(made.length) ? made : undefined
  }

  function encode(bytes: Uint8Array, associated: Uint8Array): Awaitable<Uint8Array | undefined> {
    const { length } = bytes
    // Another length than the entry's: a stage before this one has changed the bytes, perhaps compressed them.
    if (length < threshold || length > mostBytes || length !== rawLength(associated)) return undefined
    const made = engine.compress(bytes, level, Math.floor(length * kept))
    return isPromise(made) ? made.then((later) => accept(later, length)) : accept(made, length)
  }

  function decode(bytes: Uint8Array, associated: Uint8Array): Awaitable<Uint8Array> {
    const length = rawLength(associated)
    if (length > mostBytes) throw tooLarge(`${length} bytes would come of them, ${mostBytes} are allowed`)
    if (length > longestOf(bytes.length)) throw tooLarge(`${length} bytes would come of ${bytes.length}`)
    return engine.decompress(bytes, length)
  }

  return { id: ALGORITHMS[algorithm].id, name: algorithm, encode, decode }
}

function longestOf(compressed: number): number {
  return Math.max(HARMLESS, compressed * HIGHEST_RATIO)
}

function read(options: CompressOptions) {
  checkOptions('compress', options, ['algorithm', 'level', 'threshold', 'minimumSaving', 'maxLength', 'engine'])
  const {
    algorithm = 'deflate',
    threshold = '1kb',
    minimumSaving = 0.1,
    maxLength = '256mb',
    engine = 'auto',
  } = options
  if (!Object.hasOwn(ALGORITHMS, algorithm)) fail(`algorithm: ${String(algorithm)} is neither 'deflate' nor 'zstd'`)
  const { level: usual, highest } = ALGORITHMS[algorithm]
  const { level = usual } = options
  if (!Number.isInteger(level) || level < 1 || level > highest)
    fail(`level: ${String(level)} is not a whole number from 1 to ${highest}`)
  if (!(typeof minimumSaving === 'number' && minimumSaving >= 0 && minimumSaving < 1))
    fail(`minimumSaving: ${String(minimumSaving)} is not a part of the size, from 0 to below 1`)
  return {
    algorithm,
    engine: engineOf(algorithm, engine),
    level,
    threshold: parseSize(threshold, 'compress threshold'),
    mostBytes: parseSize(maxLength, 'compress maxLength'),
    kept: 1 - minimumSaving,
  }
}

function engineOf(algorithm: keyof typeof ALGORITHMS, engine: 'auto' | 'zlib' | 'fflate'): Engine {
  if (!['auto', 'zlib', 'fflate'].includes(engine))
    fail(`engine: ${String(engine)} is none of 'auto', 'zlib', 'fflate'`)
  const zlib = runtimeZlib()
  if (algorithm === 'zstd') {
    if (engine === 'fflate') fail("algorithm: fflate has no 'zstd'; leave engine out")
    return zlibZstd(zlib)
  }
  if (engine === 'fflate') return portableDeflate
  if (zlib !== undefined) return zlibDeflate(zlib)
  if (engine === 'auto') return portableDeflate
  throw new GranaryError(
    'UNSUPPORTED_RUNTIME',
    "compress: this runtime has no zlib of its own: leave out engine: 'zlib'",
  )
}

function fail(message: string): never {
  throw new GranaryError('INVALID_OPTION', `compress: ${message}`)
}
