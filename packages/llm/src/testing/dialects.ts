import { type Received, type Script, words } from './reply.js'

/** An event of a stream: its data, and its name where the protocol gives it one. */
export interface WireEvent {
  readonly name?: string
  readonly data: unknown
}

/** How one protocol writes a reply. The forms are those that the providers document, with their field names. */
export interface Dialect {
  readonly path: RegExp
  readonly framing: 'sse' | 'lines'
  streams(received: Received): boolean
  whole(script: Script, received: Received): unknown
  events(script: Script, received: Received): WireEvent[]
  error(type: string, message: string): unknown
  /** An error inside a stream. */
  errorEvent(type: string, message: string): WireEvent
}

const CREATED = 1_767_225_600

const openaiError = (type: string, message: string) => ({ error: { message, type, param: null, code: null } })

/** Splits a JSON text as providers split the arguments of a tool. */
function pieces(text: string): string[] {
  return text.match(/.{1,12}/gs) ?? []
}

const CHAT_FINISH = {
  stop: 'stop',
  'tool-calls': 'tool_calls',
  length: 'length',
  'content-filter': 'content_filter',
  refusal: 'stop',
  pause: 'pause',
} as const

const chat: Dialect = {
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

const STOP_REASON = {
  stop: 'end_turn',
  'tool-calls': 'tool_use',
  length: 'max_tokens',
  'content-filter': 'refusal',
  refusal: 'refusal',
  pause: 'pause_turn',
} as const

const messages: Dialect = {
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

const responses: Dialect = {
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

const ollamaChat: Dialect = {
  path: /\/api\/(?:chat|generate)$/,
  framing: 'lines',
  // Ollama streams unless told not to.
  streams: ({ body }) => body.stream !== false,
  error: (_type, message) => ({ error: message }),
  errorEvent: (_type, message) => ({ data: { error: message } }),
  whole: (script, { path }) => ({ ...ollamaSays(script, path, script.text, true), ...ollamaDone(script) }),
  events(script, { path }) {
    const { text, toolCalls } = script
    return [
      ...words(text).map((word) => ({ data: { ...ollamaSays(script, path, word, false), done: false } })),
      ...(toolCalls.length === 0 ? [] : [{ data: { ...ollamaSays(script, path, '', true), done: false } }]),
      { data: { ...ollamaSays(script, path, '', false), ...ollamaDone(script) } },
    ]
  },
}

function ollamaSays({ model, toolCalls }: Script, path: string, text: string, calls: boolean) {
  const head = { model, created_at: '2026-01-01T00:00:00Z' }
  if (path.endsWith('/generate')) return { ...head, response: text }
  const made = toolCalls.map(({ name, arguments: given }) => ({ function: { name, arguments: JSON.parse(given) } }))
  return {
    ...head,
    message: { role: 'assistant', content: text, ...(calls && made.length > 0 && { tool_calls: made }) },
  }
}

function ollamaDone({ finish, usage }: Script) {
  return {
    done: true,
    done_reason: finish === 'length' ? 'length' : finish === 'pause' ? 'load' : 'stop',
    total_duration: 5_000_000,
    load_duration: 1_000_000,
    prompt_eval_count: usage.input,
    prompt_eval_duration: 1_000_000,
    eval_count: usage.output,
    eval_duration: 3_000_000,
  }
}

/** A vector for an input: the same each time, different for different inputs, exact in 32 bits. */
function vectorOf(input: unknown): number[] {
  const text = JSON.stringify(input)
  const at = (i: number) => (text.charCodeAt((i * 7) % text.length) * (i + 3) + text.length) % 512
  return Array.from({ length: 8 }, (_, i) => at(i) / 512)
}

function inputsOf({ body }: Received): unknown[] {
  return Array.isArray(body.input) && typeof body.input[0] !== 'number' ? body.input : [body.input]
}

const embeddings: Dialect = {
  ...chat,
  path: /\/v1\/embeddings$/,
  streams: () => false,
  whole({ model, vectors }, received) {
    const inputs = inputsOf(received)
    const tokens = inputs.reduce<number>(
      (sum, input) => sum + (Array.isArray(input) ? input.length : String(input).length),
      0,
    )
    const data = inputs.map((input, index) => {
      const vector = vectors?.[index] ?? vectorOf(input)
      const bytes = Float32Array.from(vector)
      const embedding =
        received.body.encoding_format === 'base64' ? Buffer.from(bytes.buffer).toString('base64') : [...vector]
      return { object: 'embedding', index, embedding }
    })
    return { object: 'list', data, model, usage: { prompt_tokens: tokens, total_tokens: tokens } }
  },
}

const ollamaEmbeddings: Dialect = {
  ...ollamaChat,
  path: /\/api\/embed$/,
  streams: () => false,
  whole({ model, vectors }, received) {
    const inputs = inputsOf(received)
    return {
      model,
      embeddings: inputs.map((input, i) => vectors?.[i] ?? vectorOf(input)),
      total_duration: 5_000_000,
      load_duration: 1_000_000,
      prompt_eval_count: inputs.reduce<number>((sum, input) => sum + String(input).length, 0),
    }
  },
}

/** A dialect is a row here. */
export const DIALECTS: readonly Dialect[] = [chat, messages, responses, embeddings, ollamaChat, ollamaEmbeddings]
