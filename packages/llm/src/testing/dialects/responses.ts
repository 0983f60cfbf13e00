import { type Script, words } from '../reply.js'
import { CREATED, type Dialect, openaiError, pieces, type WireEvent } from './dialect.js'

export const responses: Dialect = {
  path: /\/responses$/,
  framing: 'sse',
  streams: ({ body }) => body.stream === true,
  error: openaiError,
  errorEvent: (type, message) => ({
    name: 'error',
    data: { type: 'error', code: type, message, param: null, sequence_number: 0 },
  }),
  whole: (script) => responseOf(script),
  events(script) {
    let sequence = 0
    const event = (type: string, data: object): WireEvent => ({
      name: type,
      data: { type, sequence_number: sequence++, ...data },
    })
    const done = responseOf(script)
    const begun = { ...done, status: 'in_progress', output: [], usage: null, incomplete_details: null }
    const items = done.output.flatMap((item, output_index) => {
      const at = { output_index, item_id: item.id }
      const added = { ...item, status: 'in_progress', ...('content' in item ? { content: [] } : { arguments: '' }) }
      const inner =
        'content' in item
          ? [
              event('response.content_part.added', { ...at, content_index: 0, part: { ...item.content[0], text: '' } }),
              ...words(script.text).map((delta) =>
                event('response.output_text.delta', { ...at, content_index: 0, delta, logprobs: [] }),
              ),
              event('response.output_text.done', { ...at, content_index: 0, text: script.text, logprobs: [] }),
              event('response.content_part.done', { ...at, content_index: 0, part: item.content[0] }),
            ]
          : [
              ...pieces(item.arguments).map((delta) =>
                event('response.function_call_arguments.delta', { ...at, delta }),
              ),
              event('response.function_call_arguments.done', { ...at, arguments: item.arguments }),
            ]
      return [
        event('response.output_item.added', { output_index, item: added }),
        ...inner,
        event('response.output_item.done', { output_index, item }),
      ]
    })
    return [
      event('response.created', { response: begun }),
      event('response.in_progress', { response: begun }),
      ...items,
      event(`response.${done.status}`, { response: done }),
    ]
  },
}

function responseOf({ id, model, text, toolCalls, finish, usage }: Script) {
  const message = {
    id: `msg_${id}`,
    type: 'message' as const,
    role: 'assistant',
    status: 'completed',
    content: [
      finish === 'refusal'
        ? { type: 'refusal', refusal: text }
        : { type: 'output_text', text, annotations: [], logprobs: [] },
    ],
  }
  const calls = toolCalls.map(({ id: call_id, name, arguments: given }, i) => ({
    id: `fc_${id}_${i}`,
    type: 'function_call' as const,
    status: 'completed',
    call_id,
    name,
    arguments: given,
  }))
  const reason = { length: 'max_output_tokens', 'content-filter': 'content_filter' }[finish as string]
  return {
    id: `resp_${id}`,
    object: 'response',
    created_at: CREATED,
    status: reason === undefined ? 'completed' : 'incomplete',
    error: null,
    incomplete_details: reason === undefined ? null : { reason },
    instructions: null,
    metadata: {},
    model,
    output: [...(text === '' ? [] : [message]), ...calls],
    parallel_tool_calls: true,
    temperature: 1,
    tool_choice: 'auto',
    tools: [],
    top_p: 1,
    usage: {
      input_tokens: usage.input,
      input_tokens_details: { cached_tokens: usage.cached },
      output_tokens: usage.output,
      output_tokens_details: { reasoning_tokens: 0 },
      total_tokens: usage.input + usage.output,
    },
  }
}
