import type { Codec } from '@granary/core'
import { type Parts, sealedCodec } from '../sealed-codec.js'

/** A codec that breaks a rule, and words of the title of a case that has to notice. */
export type CodecMutant = readonly [what: string, noticed: string, create: () => Codec]

export const changed =
  (parts: Partial<Parts>): (() => Codec) =>
  () =>
    sealedCodec(parts)

export const wrapping = (change: (codec: Codec) => Partial<Codec>) => () => {
  const codec = sealedCodec()
  return { ...codec, ...change(codec) }
}

/** Every decoded value changed. */
export const decoding = (change: (value: unknown) => unknown) =>
  wrapping((codec) => ({
    async decode(bytes, key) {
      const { value, about } = await codec.decode(bytes, key)
      return { value: change(value), about }
    },
  }))

export const atEveryDepth = (change: (value: unknown) => unknown) =>
  decoding(function deep(value: unknown): unknown {
    const now = change(value)
    if (now !== value || typeof value !== 'object' || value === null) return now
    if (Array.isArray(value)) return value.map(deep)
    if (Object.getPrototypeOf(value) !== Object.prototype) return value
    return Object.fromEntries(Object.entries(value).map(([name, inside]) => [name, deep(inside)]))
  })
