import { POLICY_HEADER } from '../call-policy.js'
import type { FetchInput, LLMRequest } from '../request.js'

/** What asks the provider. */
export class Upstream {
  readonly #fetch: typeof globalThis.fetch | undefined

  constructor(fetch: typeof globalThis.fetch | undefined) {
    this.#fetch = fetch
  }

  /** Asks what was to be asked, or another body in its place. */
  ask(request: LLMRequest, signal: AbortSignal | undefined, body: string = request.text): Promise<Response> {
    const { url, headers, init, method } = request
    // Another body has another length.
    headers.delete('content-length')
    const sent = { ...init, method, headers, body }
    return this.#send(url, signal === undefined ? sent : { ...sent, signal })
  }

  /** Passes on what is no call of a model: as it is, but for a policy that came with it. */
  pass(input: FetchInput, init: RequestInit | undefined): Promise<Response> {
    const headers = new Headers(init?.headers ?? (input instanceof Request ? input.headers : undefined))
    if (!headers.has(POLICY_HEADER)) return this.#send(input, init)
    headers.delete(POLICY_HEADER)
    return this.#send(input, { ...init, headers })
  }

  #send(input: FetchInput, init: RequestInit | undefined): Promise<Response> {
    // Looked up late, so that what replaces the global one (a test's double, an instrumentation) is used.
    const send = this.#fetch ?? globalThis.fetch
    return send(input, init)
  }
}
