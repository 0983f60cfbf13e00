import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Dialect, WireEvent } from './dialects/dialect.js'
import { DIALECTS } from './dialects/known.js'
import { type Received, type Reply, scriptOf } from './reply.js'

/**
 * A server on this machine that speaks as the providers do: chat completions, messages, responses and embeddings, and
 * Ollama's own; whole or as a stream. What it answers is scripted; what it was asked is counted.
 */
export class ScriptedServer implements AsyncDisposable {
  /** Every request that it saw, in order. */
  readonly received: Received[] = []
  /** Streams that their client left before they had ended. */
  left = 0
  /** Where it is, without a path: add `/v1` where an SDK wants the base of OpenAI's paths. */
  readonly url: string
  readonly #server: Server
  readonly #next: Reply[] = []
  #reply: (received: Received) => Reply = () => ({})

  private constructor(server: Server) {
    this.#server = server
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    server.on('request', (request, response) => {
      this.#answer(request, response).catch(() => response.destroy())
    })
  }

  /** Starts one on a free port of the loopback interface. */
  static async start(): Promise<ScriptedServer> {
    const server = createServer({ keepAliveTimeout: 1_000 })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return new ScriptedServer(server)
  }

  /** How many requests it saw. */
  get count(): number {
    return this.received.length
  }

  /** What it answers to every request for which nothing else was said. */
  always(reply: Reply | ((received: Received) => Reply)): this {
    this.#reply = typeof reply === 'function' ? reply : () => reply
    return this
  }

  /** What it answers to the next requests, one each. */
  next(...replies: readonly Reply[]): this {
    this.#next.push(...replies)
    return this
  }

  /** Ends it, and every connection. */
  async close(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise<void>((resolve) => this.#server.close(() => resolve()))
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await bodyOf(request)
    const path = new URL(request.url ?? '/', 'http://localhost').pathname
    const received = { path, headers: request.headers, body, number: this.received.length + 1 }
    this.received.push(received)
    const reply = this.#next.shift() ?? this.#reply(received)
    const dialect = DIALECTS.find((each) => each.path.test(path))
    if (dialect === undefined) send(response, 404, { error: { message: `no such path: ${path}` } })
    else if (reply.status !== undefined && reply.status !== 200) {
      const { type, message } = reply.error ?? { type: 'server_error', message: 'scripted' }
      send(response, reply.status, dialect.error(type, message), reply.headers)
    } else if (reply.body !== undefined) {
      send(response, 200, reply.body, reply.headers)
    } else if (dialect.streams(received)) await this.#stream(response, dialect, reply, received)
    else send(response, 200, dialect.whole(scriptOf(reply, received), received), reply.headers)
  }

  async #stream(response: ServerResponse, dialect: Dialect, reply: Reply, received: Received): Promise<void> {
    const isSse = dialect.framing === 'sse'
    const type = isSse ? 'text/event-stream; charset=utf-8' : 'application/x-ndjson'
    response.writeHead(200, { 'content-type': type, 'x-request-id': `req_${received.number}`, ...reply.headers })
    response.flushHeaders()
    let hasLeft = false
    response.on('close', () => {
      if (response.writableFinished || hasLeft) return
      hasLeft = true
      this.left++
    })
    const events = dialect.events(scriptOf(reply, received), received)
    for (const [i, event] of events.entries()) {
      if (reply.broken?.after === i) return breakOff(response, dialect, reply.broken.by)
      await reply.before?.(i)
      if (hasLeft) return
      response.write(framed(event, isSse))
    }
    if (reply.endless !== true) response.end()
  }
}

function breakOff(response: ServerResponse, dialect: Dialect, by: 'error' | 'cut' | 'end'): void {
  if (by === 'cut') return void response.destroy()
  if (by === 'error') {
    const event = dialect.errorEvent('overloaded_error', 'scripted: overloaded')
    response.write(framed(event, dialect.framing === 'sse'))
  }
  response.end()
}

function framed({ name, data }: WireEvent, isSse: boolean): string {
  const text = typeof data === 'string' ? data : JSON.stringify(data)
  if (!isSse) return `${text}\n`
  return `${name === undefined ? '' : `event: ${name}\n`}data: ${text}\n\n`
}

function send(response: ServerResponse, status: number, body: unknown, headers: Reply['headers'] = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers })
  response.end(typeof body === 'string' ? body : JSON.stringify(body))
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  try {
    return JSON.parse(Buffer.concat(chunks).toString())
  } catch {
    return undefined
  }
}
