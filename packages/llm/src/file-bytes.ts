import { loose } from './json.js'

/** A data URL with base64: its media type, and what it holds. */
const DATA_URL = /^data:([^,]*?);base64,/

/**
 * The body of a request with the bytes of its files in the place of their base64, wherever a protocol has files: data
 * URLs, Anthropic's `source`, OpenAI's `input_audio` and Ollama's `images`. How they were spelled does not matter then.
 *
 * @param form what stands for a file: its bytes, or a text about them
 */
export function withFiles(body: unknown, form: (bytes: Uint8Array, mediaType: string) => unknown): unknown {
  const walk = (value: unknown, name: string, within: Readonly<Record<string, unknown>>): unknown => {
    if (typeof value === 'string') {
      const base64 = base64In(value, name, within)
      return base64 === undefined ? value : form(Buffer.from(base64.text, 'base64'), base64.mediaType)
    }
    if (Array.isArray(value)) return value.map((item) => walk(item, name, within))
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, walk(item, key, loose(value))]))
  }
  return walk(body, '', {})
}

function base64In(
  value: string,
  name: string,
  within: Readonly<Record<string, unknown>>,
): { text: string; mediaType: string } | undefined {
  // The usual text is told from a file by its first characters.
  const match = value.startsWith('data:') ? DATA_URL.exec(value.slice(0, 200)) : null
  if (match !== null) return { text: value.slice(match[0].length), mediaType: match[1] ?? '' }
  if (name === 'data' && within.type === 'base64') return { text: value, mediaType: String(within.media_type ?? '') }
  if (name === 'data' && typeof within.format === 'string') return { text: value, mediaType: within.format }
  if (name === 'images') return { text: value, mediaType: 'image' }
  return undefined
}
