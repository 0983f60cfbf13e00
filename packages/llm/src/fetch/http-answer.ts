import { type Framing, framingOf } from '../framing.js'
import { isFilled, loose, parseJson } from '../json.js'
import type { AnswerReader, Verdict } from '../protocol.js'
import type { Source } from '../recorded-calls.js'
import type { LLMRequest } from '../request.js'

/** What a response says before its body. */
export interface HttpHead {
  readonly status: number
  readonly headers: readonly (readonly [name: string, value: string])[]
}

/** Headers that say something about the answer, and not about the connection or the account. */
const KEPT = ['content-type', 'request-id', 'x-request-id']
/** Headers about how the bytes of this one response came. */
const OF_THE_TRANSFER = [
  'connection',
  'content-encoding',
  'content-length',
  'keep-alive',
  'set-cookie',
  'transfer-encoding',
]

/** How long a body that has said all that counts may take to end by itself, so that its connection can be used again. */
const LINGER_MS = 1_000

/** A provider's response, to be read event by event. */
export function httpAnswer(response: Response, { protocol, body }: LLMRequest): Source<HttpHead, string> {
  const all = [...response.headers].filter(([name]) => !OF_THE_TRANSFER.includes(name))
  const head = { status: response.status, headers: all }
  const kept = { status: response.status, headers: all.filter(([name]) => KEPT.includes(name)) }
  const reader = protocol.reader()
  const framing = framingOf(response.headers.get('content-type') ?? '')
  const verdict = (): Verdict => {
    const judged = reader.verdict()
    if (response.status !== 200) return { ...judged, unstorable: 'status' }
    const isInvalid = judged.unstorable === undefined && wantsJson(body) && !judged.texts.every(isJson)
    return isInvalid ? { ...judged, unstorable: 'invalid' } : judged
  }
  return { head, kept, streams: framing !== undefined, verdict, events: eventsOf(response, framing, reader) }
}

/** Was the answer to be JSON? In the words of each protocol. */
function wantsJson({ response_format, output_config, text, format }: LLMRequest['body']): boolean {
  const forms = [loose(response_format).type, loose(loose(output_config).format).type, loose(loose(text).format).type]
  return forms.some((form) => form === 'json_object' || form === 'json_schema') || isFilled(format)
}

function isJson(text: string): boolean {
  return parseJson(text) !== undefined
}

type Events = AsyncGenerator<{ event: string; last: boolean }, void, undefined>

async function* eventsOf(response: Response, framing: Framing | undefined, reader: AnswerReader): Events {
  if (framing === undefined || response.body === null) {
    const event = await response.text()
    reader.whole(parseJson(event) ?? { error: 'malformed' })
    yield { event, last: true }
    return
  }
  const body = response.body.getReader()
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  for (;;) {
    const { done, value } = await body.read()
    const events = framing.push(done ? decoder.decode() : decoder.decode(value, { stream: true }))
    const rest = done ? framing.rest() : ''
    for (const event of rest === '' ? events : [...events, rest]) {
      const data = framing.data(event)
      const last = data !== undefined && reader.event(data)
      yield { event, last }
      if (last) return linger(body)
    }
    if (done) return
  }
}

/** Lets a body end that has said all that counts. Nobody waits for it. */
function linger(body: ReadableStreamDefaultReader<Uint8Array>): void {
  const stop = () => void body.cancel().catch(() => {})
  const timer = setTimeout(stop, LINGER_MS)
  timer.unref?.()
  const drain = async () => {
    while (!(await body.read()).done);
  }
  drain()
    .catch(() => {})
    .finally(() => clearTimeout(timer))
}
