import { type Awaitable, type CodecStage, checkOptions, GranaryError, isPromise } from '@granary/core'
import { type Secret, secretOf } from './keys.js'
import type { Lock } from './lock.js'
import { hiddenWith } from './names.js'
import { bytesSealedWith, joined, refusal } from './sealed-bytes.js'
import { signature } from './signature.js'
import { xaesGcm } from './xaes-gcm.js'

/** Options of {@link seal}. */
export interface SealOptions {
  /**
   * Secrets of 32 bytes, the newest first: what is written is sealed with the first, what any of them has sealed is read. To
   * change keys, put a new one in front; to retire one, leave it out.
   */
  readonly keys: readonly Uint8Array[]
  /**
   * `'sign'`: what is stored stays readable, and nothing of it can be changed. `'encrypt'`: values, keys, tags and
   * namespaces cannot be read either. Default: `'encrypt'`.
   */
  readonly mode?: 'sign' | 'encrypt'
  /**
   * Secret of 32 bytes that names are encrypted with, in the mode `'encrypt'`. All that share a store have to have the same:
   * entries are found by their names, and another secret finds none of them. Default: the last of `keys`.
   */
  readonly names?: Uint8Array
}

const MODES = {
  sign: { id: 2, name: 'signed', use: 'sign', lockOf: signature },
  encrypt: { id: 3, name: 'encrypted', use: 'encrypt', lockOf: (key: Uint8Array) => xaesGcm(key) },
} as const

/**
 * A stage that seals: the last of the stages, `codec: [compress(), seal({ keys })]`.
 *
 * The seal covers the value and all that the entry says of itself: its key and namespace, its times, its tags. Bytes that were forged,
 * moved to another key, made younger or tagged otherwise are refused with the code `CORRUPT` and a `reason`, before
 * anything of them is decompressed or decoded. Values above 1 MB are sealed off the main thread.
 *
 * @throws GranaryError `INVALID_OPTION`
 */
export function seal(options: SealOptions): CodecStage {
  const { mode, secrets, names } = read(options)
  const { id, name, use, lockOf } = MODES[mode]
  const seals = secrets.map((secret) => sealWith(secret, lockOf(secret.derive(use))))
  const [newest] = seals as [Seal]

  function decode(bytes: Uint8Array, associated: Uint8Array): Awaitable<Uint8Array> {
    const found = seals.find((seal) => seal.isOf(bytes))
    if (found === undefined) throw refusal('unknown-key', 'they were sealed with a key that is not listed')
    return found.open(bytes, associated)
  }

  return {
    id,
    name,
    required: true,
    ...(mode === 'encrypt' && { concealment: hiddenWith(names) }),
    encode: newest.close,
    decode,
  }
}

/** What is done with one key. */
interface Seal {
  /** Do bytes say that this key has sealed them? */
  isOf(bytes: Uint8Array): boolean
  close(bytes: Uint8Array, associated: Uint8Array): Awaitable<Uint8Array>
  open(bytes: Uint8Array, associated: Uint8Array): Awaitable<Uint8Array>
}

/** Key id and length of what is sealed, which go before it in the open. */
const ID = 8
const HEADER = ID + 4

function sealWith({ id }: Secret, lock: Lock): Seal {
  return {
    isOf: (bytes) => Buffer.compare(bytes.subarray(0, ID), id) === 0,
    close(bytes, associated) {
      const sealed = joined(associated, bytes)
      const header = Buffer.alloc(HEADER)
      header.set(id)
      header.writeUInt32LE(sealed.length, ID)
      return lock.close(header, sealed)
    },
    open(bytes, associated) {
      const header = bytes.subarray(0, HEADER)
      const closed = bytes.subarray(HEADER)
      checkLength(header, closed.length - lock.added)
      const finish = (sealed: Uint8Array | undefined): Uint8Array => {
        if (sealed === undefined) throw refusal('forged', 'it was not put on these bytes')
        return bytesSealedWith(sealed, associated)
      }
      const sealed = lock.open(header, closed)
      return isPromise(sealed) ? sealed.then(finish) : finish(sealed)
    },
  }
}

function checkLength(header: Uint8Array, length: number): void {
  if (header.length < HEADER) throw refusal('truncated', 'they are cut short')
  const said = new DataView(header.buffer, header.byteOffset).getUint32(ID, true)
  if (length < said) throw refusal('truncated', 'they are cut short')
  if (length > said) throw refusal('forged', 'there are more of them than were sealed')
}

function read(options: SealOptions) {
  checkOptions('seal', options, ['keys', 'mode', 'names'])
  const { keys, mode = 'encrypt', names } = options
  if (!Array.isArray(keys) || keys.length === 0) fail('keys: give a list of one key or more, the newest first')
  if (!Object.hasOwn(MODES, mode)) fail(`mode: ${String(mode)} is neither 'sign' nor 'encrypt'`)
  if (names !== undefined && mode === 'sign') fail("names: only the mode 'encrypt' hides names")
  const secrets = keys.map((key, i) => secretOf(key, `keys[${i}]`))
  const ids = secrets.map(({ id }) => Buffer.from(id).toString('hex'))
  if (new Set(ids).size < ids.length) fail('keys: the same key is listed twice')
  const oldest = secrets.at(-1) as Secret
  return { mode, secrets, names: names === undefined ? oldest : secretOf(names, 'names') }
}

function fail(message: string): never {
  throw new GranaryError('INVALID_OPTION', `seal: ${message}`)
}
