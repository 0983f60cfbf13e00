import { type Script, words } from '../reply.js'
import { CREATED, type Dialect, openaiError, pieces } from './dialect.js'

const CHAT_FINISH = {
  stop: 'stop',
  'tool-calls': 'tool_calls',
  length: 'length',
  'content-filter': 'content_filter',
  refusal: 'stop',
  pause: 'pause',
} as const

export const chat: Dialect = {
  path: /\/chat\/completions$/,
  framing: 'sse',
  streams: ({ body }) => body.stream === true,
  error: openaiError,
  errorEvent: (type, message) => ({ data: openaiError(type, message) }),
  whole({ id, model, text, reasoning, toolCalls, finish, usage }, { body }) {
    const calls = toolCalls.map(({ id, ...fn }) => ({ id, type: 'function', function: fn }))
    const message = {
      role: 'assistant',
      content: text === '' || finish === 'refusal' ? null : text,
      refusal: finish === 'refusal' ? text : null,
      ...(reasoning === undefined ? {} : { reasoning_content: reasoning }),
      ...(calls.length === 0 ? {} : { tool_calls: calls }),
    }
    const choice = { message, logprobs: null, finish_reason: CHAT_FINISH[finish] }
    return {
      id: `chatcmpl-${id}`,
      object: 'chat.completion',
      created: CREATED,
      model,
      choices: Array.from({ length: body.n ?? 1 }, (_, index) => ({ index, ...choice })),
      usage: chatUsage(usage),
    }
  },
  events(script, { body }) {
    const { id, model, text, reasoning, toolCalls, finish, usage } = script
    const head = { id: `chatcmpl-${id}`, object: 'chat.completion.chunk', created: CREATED, model }
    const chunk = (delta: object, reason: string | null = null) => ({
      data: { ...head, choices: [{ index: 0, delta, logprobs: null, finish_reason: reason }] },
    })
    const said = finish === 'refusal' ? 'refusal' : 'content'
    return [
      chunk({ role: 'assistant', content: '' }),
      ...words(reasoning ?? '').map((word) => chunk({ reasoning_content: word })),
      ...words(text).map((word) => chunk({ [said]: word })),
      ...toolCalls.flatMap(({ id, name, arguments: given }, index) => [
        chunk({ tool_calls: [{ index, id, type: 'function', function: { name, arguments: '' } }] }),
        ...pieces(given).map((part) => chunk({ tool_calls: [{ index, function: { arguments: part } }] })),
      ]),
      chunk({}, CHAT_FINISH[finish]),
      ...(body.stream_options?.include_usage ? [{ data: { ...head, choices: [], usage: chatUsage(usage) } }] : []),
      { data: '[DONE]' },
    ]
  },
}

function chatUsage({ input, output, cached }: Script['usage']) {
  return {
    prompt_tokens: input,
    completion_tokens: output,
    total_tokens: input + output,
    prompt_tokens_details: { cached_tokens: cached },
  }
}
