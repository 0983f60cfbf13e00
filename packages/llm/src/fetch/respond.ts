import { type Clock, GranaryError, type GranaryErrorCode } from '@granary/core'
import { type CallInfo, infoOf } from '../call-info.js'
import { type CallPolicy, POLICY_HEADER } from '../call-policy.js'
import type { LiveStream } from '../live-stream.js'
import type { Prices } from '../prices.js'
import type { Protocol } from '../protocol.js'
import type { Opened } from '../recorded-calls.js'
import { replay } from '../replay.js'
import type { HttpHead } from './http-answer.js'

const encoder = new TextEncoder()

/** The response to one caller: whole if the answer is one event, else as a stream. */
export function respond(
  opened: Opened<HttpHead, string>,
  key: string,
  { sample = 0, pace = 'at-once' }: CallPolicy,
  {
    clock,
    prices,
    signal,
  }: { readonly clock: Clock; readonly prices: Prices; readonly signal: AbortSignal | undefined },
): Response {
  const { head, recording, live, leave } = opened
  const info = infoOf(opened, key, sample, clock, prices)
  if (recording === undefined) return streamed(head, info, (live as LiveStream<string>).follow(signal), leave)
  const [first] = recording.events
  if (recording.events.length === 1 && first !== undefined) return whole(head, info, first[1])
  return streamed(head, info, replay(recording, pace, clock, signal), leave)
}

/** A response of an answer's events; `leave` is called if its reader wants no more of it. */
function streamed(
  head: HttpHead,
  info: CallInfo,
  events: AsyncGenerator<string, void, undefined>,
  leave: (reason: unknown) => void,
): Response {
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const { done, value } = await events.next()
          if (done) controller.close()
          else controller.enqueue(encoder.encode(value))
        } catch (error) {
          controller.error(error)
        }
      },
      cancel(reason) {
        leave(reason)
        // It may be waiting for an event: that it is told does not have to be waited for.
        void events.return()
      },
    },
    // Nothing is asked for before the reader does.
    { highWaterMark: 0 },
  )
  return response(body, head, info)
}

/** A response of an answer in one piece. */
export function whole(head: HttpHead, info: CallInfo, text: string): Response {
  return response(text, head, info)
}

function response(body: string | ReadableStream<Uint8Array>, { status, headers }: HttpHead, info: CallInfo): Response {
  const all = new Headers(headers as [string, string][])
  all.set(POLICY_HEADER, JSON.stringify(info))
  return new Response(body, { status, headers: all })
}

/**
 * A response that says what is wrong: an error that is thrown from `fetch` is tried again by SDKs, and its message masked as
 * a connection error.
 */
export function refusal({ code, message }: GranaryError, { name }: Protocol): Response {
  const details = { type: 'granary_error', code, message, param: null }
  const body = name.startsWith('ollama') ? { error: message } : { type: 'error', error: details }
  return Response.json(body, { status: STATUS[code] ?? 400, headers: { 'x-should-retry': 'false' } })
}

const STATUS: Partial<Record<GranaryErrorCode, number>> = { NOT_CACHED: 412, CLOSED: 503 }

/** The error, if a response is the way to tell of it. */
export function isTold(error: unknown): error is GranaryError {
  return error instanceof GranaryError && error.code !== 'TIMEOUT'
}
