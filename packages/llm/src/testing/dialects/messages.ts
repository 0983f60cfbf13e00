import { type Script, words } from '../reply.js'
import { type Dialect, pieces, type WireEvent } from './dialect.js'

const STOP_REASON = {
  stop: 'end_turn',
  'tool-calls': 'tool_use',
  length: 'max_tokens',
  'content-filter': 'refusal',
  refusal: 'refusal',
  pause: 'pause_turn',
} as const

export const messages: Dialect = {
  path: /\/messages$/,
  framing: 'sse',
  streams: ({ body }) => body.stream === true,
  error: (type, message) => ({ type: 'error', error: { type, message } }),
  errorEvent: (type, message) => ({ name: 'error', data: { type: 'error', error: { type, message } } }),
  whole({ id, model, text, reasoning, toolCalls, finish, usage }) {
    const content = [
      ...(reasoning === undefined ? [] : [{ type: 'thinking', thinking: reasoning, signature: 'c2lnbmVk' }]),
      ...(text === '' ? [] : [{ type: 'text', text }]),
      ...toolCalls.map((call) => ({
        type: 'tool_use',
        id: call.id,
        name: call.name,
        input: JSON.parse(call.arguments),
      })),
    ]
    return { ...messageHead(id, model, usage), content, stop_reason: STOP_REASON[finish] }
  },
  events({ id, model, text, reasoning, toolCalls, finish, usage }) {
    const event = (type: string, data: object): WireEvent => ({ name: type, data: { type, ...data } })
    let index = 0
    const block = (start: object, deltas: readonly object[]) => {
      const at = index++
      return [
        event('content_block_start', { index: at, content_block: start }),
        ...deltas.map((delta) => event('content_block_delta', { index: at, delta })),
        event('content_block_stop', { index: at }),
      ]
    }
    return [
      event('message_start', {
        message: { ...messageHead(id, model, { ...usage, output: 1 }), content: [], stop_reason: null },
      }),
      event('ping', {}),
      ...(reasoning === undefined
        ? []
        : block({ type: 'thinking', thinking: '', signature: '' }, [
            ...words(reasoning).map((thinking) => ({ type: 'thinking_delta', thinking })),
            { type: 'signature_delta', signature: 'c2lnbmVk' },
          ])),
      ...(text === ''
        ? []
        : block(
            { type: 'text', text: '' },
            words(text).map((word) => ({ type: 'text_delta', text: word })),
          )),
      ...toolCalls.flatMap((call) =>
        block(
          { type: 'tool_use', id: call.id, name: call.name, input: {} },
          pieces(call.arguments).map((partial_json) => ({ type: 'input_json_delta', partial_json })),
        ),
      ),
      event('message_delta', {
        delta: { stop_reason: STOP_REASON[finish], stop_sequence: null },
        usage: { output_tokens: usage.output },
      }),
      event('message_stop', {}),
    ]
  },
}

function messageHead(id: string, model: string, { input, output, cached }: Script['usage']) {
  const usage = {
    input_tokens: input - cached,
    output_tokens: output,
    cache_read_input_tokens: cached,
    cache_creation_input_tokens: 0,
  }
  return { id: `msg_${id}`, type: 'message', role: 'assistant', model, stop_sequence: null, usage }
}
