import { canonical } from '@granary/core'
import { sha256 } from './digest.js'
import { withFiles } from './file-bytes.js'
import type { LLMRequest } from './request.js'

/** What users may say about what their requests' keys are made of. */
export interface KeyOptions {
  /** Top-level properties of the body that do not change the answer, beside those that no provider's answer depends on. Default: none. */
  readonly ignore?: readonly string[]
  /** Headers that change the answer, beside `anthropic-version`, `anthropic-beta` and `openai-beta`. Default: none. */
  readonly keyHeaders?: readonly string[]
}

const FORMAT = 'granary/llm/1'
const CONTRACT_HEADERS = ['anthropic-beta', 'anthropic-version', 'openai-beta']
/** What a query says about who asks, and not about what is asked. */
const CREDENTIALS = ['key', 'api_key', 'api-key', 'apikey', 'access_token', 'token', 'sig', 'signature']

/** What of a request decides on its answer. */
export interface KeyParts {
  readonly method: string
  readonly endpoint: string
  readonly headers: Readonly<Record<string, string>>
  /** The whole body but for what is known to have no influence: an allow-list would forget next year's parameters. */
  readonly body: Readonly<Record<string, unknown>>
}

export function keyParts(request: LLMRequest, { ignore = [], keyHeaders = [] }: KeyOptions = {}): KeyParts {
  const ignored = new Set([...request.protocol.ignored, ...ignore])
  return {
    method: request.method,
    endpoint: endpointOf(request.url),
    headers: headersOf(request.headers, [...CONTRACT_HEADERS, ...keyHeaders]),
    body: Object.fromEntries(Object.entries(request.body).filter(([name]) => !ignored.has(name))),
  }
}

/**
 * The key of an answer: SHA-256 of a canonical form, so that the order of properties does not matter, and files count by
 * their bytes.
 *
 * @param sample which of several answers to the same request
 */
export function requestKey({ method, endpoint, headers, body }: KeyParts, sample: number): string {
  return sha256(canonical([FORMAT, method, endpoint, headers, withFiles(body, (bytes) => bytes), sample], 'request'))
}

function endpointOf(url: URL): string {
  const query = [...url.searchParams]
    .filter(([name]) => !CREDENTIALS.includes(name.toLowerCase()))
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
    .sort()
    .join('&')
  return `${url.origin}${url.pathname}${query && `?${query}`}`
}

function headersOf(headers: Headers, names: readonly string[]): Record<string, string> {
  const found: Record<string, string> = {}
  for (const name of names) {
    const value = headers.get(name)
    if (value === null) continue
    // A list: which betas are asked for, in whatever order.
    found[name.toLowerCase()] = value
      .split(',')
      .map((item) => item.trim())
      .sort()
      .join(',')
  }
  return found
}
