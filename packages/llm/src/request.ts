import { parseJson } from './json.js'
import type { Protocol } from './protocol.js'
import { protocolOf } from './protocols/known.js'

/** A call of a model over HTTP, read once. */
export interface LLMRequest {
  readonly protocol: Protocol
  readonly method: string
  readonly url: URL
  readonly headers: Headers
  readonly body: Readonly<Record<string, unknown>>
  /** The body as it was given. */
  readonly text: string
  readonly signal: AbortSignal | undefined
  /** What else was given to fetch, such as a dispatcher. */
  readonly init: RequestInit
}

/** The input and init of a fetch as one. */
export type FetchInput = Parameters<typeof fetch>[0]

/** A call of a model; `undefined` for any other traffic, and for a body that is no JSON object in text or bytes. */
export async function readRequest(input: FetchInput, init: RequestInit = {}): Promise<LLMRequest | undefined> {
  const request = input instanceof Request ? input : undefined
  const method = (init.method ?? request?.method ?? 'GET').toUpperCase()
  if (method !== 'POST') return undefined
  const url = new URL(request?.url ?? String(input))
  const protocol = protocolOf(url.pathname)
  if (protocol === undefined) return undefined
  const source = init.body ?? request?.body ?? undefined
  const text = (source === request?.body ? await request?.clone().text() : textOf(source)) ?? ''
  const body = parseJson(text)
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return undefined
  const signal = init.signal ?? request?.signal
  const headers = new Headers(init.headers ?? request?.headers)
  return { protocol, method, url, headers, body: body as LLMRequest['body'], text, signal: signal ?? undefined, init }
}

function textOf(body: unknown): string | undefined {
  if (typeof body === 'string') return body
  if (body instanceof ArrayBuffer || ArrayBuffer.isView(body)) return new TextDecoder().decode(body as Uint8Array)
  return undefined
}
