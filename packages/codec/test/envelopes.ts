import { type Codec, type CodecStage, GranaryError, type KeyedInfo, namespacePath, physicalKey } from '@granary/core'

/** What is known of an entry of the namespace `users`. */
export function infoOf(key = '42', info: Partial<KeyedInfo> = {}): KeyedInfo {
  const namespace = namespacePath('', 'users')
  return {
    key: physicalKey(namespace, key),
    namespace,
    tags: ['team'],
    createdAt: Date.UTC(2026, 0, 1),
    freshUntil: Date.UTC(2026, 0, 1, 1),
    staleUntil: Number.POSITIVE_INFINITY,
    computeMs: 12.5,
    cost: 0,
    since: 7,
    ...info,
  }
}

/** What a codec without asynchronous stages writes, as bytes of their own. */
export function envelopeOf(codec: Codec, value: unknown, about: KeyedInfo = infoOf()): Uint8Array {
  return new Uint8Array(codec.encode(value, about) as Uint8Array)
}

/** The code of the error that an action throws or rejects with. */
export async function codeOf(action: () => unknown): Promise<string> {
  const error = await errorOf(action)
  return error instanceof GranaryError ? error.code : `not a GranaryError: ${error}`
}

export async function errorOf(action: () => unknown): Promise<unknown> {
  try {
    await action()
  } catch (error) {
    return error
  }
  return new Error('it did not fail')
}

/** A stage for tests: adds a byte to every byte and notes what it was given. */
export function shift(id: number, by: number, options: { late?: boolean; min?: number; required?: boolean } = {}) {
  const given: number[][] = []
  const moved = (bytes: Uint8Array, distance: number) => bytes.map((byte) => byte + distance)
  const answer = <T>(value: T): T | Promise<T> => (options.late ? Promise.resolve().then(() => value) : value)
  return {
    id,
    name: `shift by ${by}`,
    given,
    required: options.required ?? false,
    encode(bytes, associated) {
      given.push([...associated])
      return answer(bytes.length < (options.min ?? 0) ? undefined : moved(bytes, by))
    },
    decode(bytes, associated) {
      given.push([...associated])
      return answer(moved(bytes, -by))
    },
  } satisfies CodecStage & { given: number[][] }
}
