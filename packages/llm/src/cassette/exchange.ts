import type { HttpHead } from '../fetch/http-answer.js'
import { parseJson } from '../json.js'
import type { Recording } from '../recording.js'
import type { Usage } from '../usage.js'
import type { Scrub } from './scrub.js'

/** A request as a cassette has it: what decides on the answer, without secrets, files as digests. */
export interface AskedRequest {
  readonly method: string
  readonly endpoint: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body: unknown
  readonly sample?: number
  readonly scope?: string
}

/** One event of an answer: parsed where that loses nothing, so that a person can read it, else as it was sent. */
type WrittenEvent =
  | { readonly ms: number; readonly event?: string; readonly data: unknown }
  | { readonly ms: number; readonly line: unknown }
  | { readonly ms: number; readonly raw: string }

/** A request and its answer, as they stand in the file. */
export interface Exchange {
  readonly request: AskedRequest
  readonly response: {
    readonly at: string
    readonly status: number
    readonly headers: Readonly<Record<string, string>>
    readonly model: string
    readonly usage: Usage
    readonly body?: unknown
    readonly events?: readonly WrittenEvent[]
  }
}

type Answer = Recording<HttpHead, string>

export function toExchange(request: AskedRequest, answer: Answer, scrub: Scrub): Exchange {
  const { status, headers } = answer.head
  const [first] = answer.events
  const isOne = answer.events.length === 1 && first !== undefined && !first[1].endsWith('\n\n')
  return {
    request,
    response: {
      at: new Date(answer.at).toISOString(),
      status,
      headers: Object.fromEntries(headers),
      model: answer.model,
      usage: answer.usage,
      ...(isOne
        ? { body: whole(scrub(first[1])) }
        : { events: answer.events.map(([ms, event]) => written(Math.round(ms), scrub(event))) }),
    },
  }
}

export function fromExchange({ response }: Exchange): Answer {
  const { at, status, headers, model, usage, body, events } = response
  return {
    at: Date.parse(at),
    head: { status, headers: Object.entries(headers) },
    model,
    usage,
    events: events?.map((event) => [event.ms, sent(event)] as const) ?? [[0, sentWhole(body)]],
  }
}

/** JSON that is written as JSON.stringify would is kept parsed; anything else as text. */
function whole(text: string): unknown {
  const json = parseJson(text)
  return typeof json === 'object' && JSON.stringify(json) === text ? json : { text }
}

function sentWhole(body: unknown): string {
  const { text, ...rest } = body as { text?: unknown }
  return typeof text === 'string' && Object.keys(rest).length === 0 ? text : JSON.stringify(body)
}

function written(ms: number, event: string): WrittenEvent {
  return formsOf(ms, event).find((form) => sent(form) === event) ?? { ms, raw: event }
}

function formsOf(ms: number, event: string): WrittenEvent[] {
  const line = parseJson(event)
  if (line !== undefined) return [{ ms, line }]
  const match = /^(?:event: (.*)\n)?data: (.*)\n\n$/.exec(event)
  if (match === null) return []
  const [, name, data = ''] = match
  return [{ ms, ...(name === undefined ? {} : { event: name }), data: parseJson(data) ?? data }]
}

function sent(event: WrittenEvent): string {
  if ('raw' in event) return event.raw
  if ('line' in event) return `${JSON.stringify(event.line)}\n`
  const data = typeof event.data === 'string' ? event.data : JSON.stringify(event.data)
  return `${event.event === undefined ? '' : `event: ${event.event}\n`}data: ${data}\n\n`
}
