import type { Part } from '../model.js'

/**
 * A prompt followed by what it is about: plain data as JSON with sorted names, so that equal data gives the same text, and
 * bytes in it as files after the text.
 */
export function promptWith(prompt: string, data: unknown): string | readonly Part[] {
  if (data === undefined) return prompt
  const files: Uint8Array[] = []
  const json = JSON.stringify(asJson(data, files), null, 2)
  const text = `${prompt}\n\n${json}`.trim()
  if (files.length === 0) return text
  return [
    { type: 'text', text },
    ...files.map((bytes): Part => ({ type: 'file', mediaType: mediaTypeOf(bytes), data: bytes })),
  ]
}

/** Plain data as JSON can say it. */
function asJson(value: unknown, files: Uint8Array[]): unknown {
  if (typeof value === 'bigint') return value.toString()
  if (typeof value !== 'object' || value === null || value instanceof Date) return value
  if (value instanceof ArrayBuffer || ArrayBuffer.isView(value)) return `[file ${files.push(bytesOf(value))}]`
  if (Array.isArray(value)) return value.map((item) => asJson(item, files))
  if (value instanceof Set) return Array.from(value, (item) => asJson(item, files))
  if (value instanceof Map) return Array.from(value, (pair) => asJson(pair, files))
  const names = Object.keys(value).sort()
  return Object.fromEntries(names.map((name) => [name, asJson((value as Record<string, unknown>)[name], files)]))
}

function bytesOf(value: ArrayBuffer | ArrayBufferView): Uint8Array {
  return ArrayBuffer.isView(value)
    ? new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
    : new Uint8Array(value)
}

/** How files of some types begin, in Latin-1. A type is a row here. */
const SIGNATURES: readonly (readonly [mediaType: string, start: RegExp])[] = [
  ['image/png', /^\x89PNG/],
  ['image/jpeg', /^\xff\xd8\xff/],
  ['image/gif', /^GIF8/],
  ['image/webp', /^RIFF....WEBP/s],
  ['application/pdf', /^%PDF-/],
]

function mediaTypeOf(bytes: Uint8Array): string {
  const start = Buffer.from(bytes.subarray(0, 16)).toString('latin1')
  return SIGNATURES.find(([, signature]) => signature.test(start))?.[0] ?? 'application/octet-stream'
}
