import { framingOf } from '../framing.js'
import { loose, parseJson, text } from '../json.js'
import { ModelError, retryAfter } from '../model-error.js'

/** Where a model is, and how it is asked. */
export interface Endpoint {
  /** What the model is called in errors: no address, which may hold a credential. */
  readonly provider: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly fetch: typeof globalThis.fetch | undefined
}

/** Asks, and gives the response if it is one of success. @throws ModelError */
export async function post(
  { provider, url, headers, fetch = globalThis.fetch }: Endpoint,
  body: object,
  signal: AbortSignal | undefined,
): Promise<Response> {
  const init = {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  }
  let response: Response
  try {
    response = await fetch(url, signal === undefined ? init : { ...init, signal })
  } catch (cause) {
    if (signal?.aborted) throw signal.reason
    throw new ModelError(`${provider} could not be reached`, 0, undefined, '', { cause })
  }
  if (response.ok) return response
  const { error } = loose(parseJson(await response.text()))
  const { type, code } = loose(error)
  const kind = text(code) ?? text(type)
  throw new ModelError(
    `${provider} answered with status ${response.status}${kind === undefined ? '' : ` (${kind})`}`,
    response.status,
    retryAfter((name) => response.headers.get(name)),
    text(loose(error).message) ?? text(error) ?? '',
  )
}

/** The data of the events of a streamed response, parsed; what is no JSON is left out. */
export async function* eventsOf(
  response: Response,
): AsyncGenerator<Readonly<Record<string, unknown>>, void, undefined> {
  const framing = framingOf(response.headers.get('content-type') ?? '')
  if (framing === undefined || response.body === null)
    throw new ModelError('the provider sent no stream', response.status)
  const decoder = new TextDecoder()
  for await (const chunk of response.body) {
    for (const event of framing.push(decoder.decode(chunk as Uint8Array, { stream: true }))) {
      const data = framing.data(event)
      const json = data === undefined ? undefined : parseJson(data)
      if (json !== undefined) yield loose(json)
    }
  }
}

/** An error inside a stream that began well. */
export function streamError(provider: string, error: unknown): ModelError {
  const { type, message } = loose(error)
  return new ModelError(`${provider} broke off (${text(type) ?? 'error'})`, 0, undefined, text(message) ?? '')
}
