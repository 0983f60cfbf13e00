import { count, list, loose, parseJson, text } from '../json.js'
import type { Answer, AnswerPart, Finish, Message, Model, ModelCall, ModelRequest, Part, ToolCall } from '../model.js'
import { ModelError } from '../model-error.js'
import { NO_USAGE, type Usage } from '../usage.js'
import { type Endpoint, eventsOf, post, streamError } from './post.js'

/** A model of Anthropic's. */
export interface AnthropicOptions {
  readonly model: string
  readonly apiKey: string
  /** Default: `'https://api.anthropic.com'`. */
  readonly baseURL?: string
  readonly headers?: Readonly<Record<string, string>>
  /** Default: the global `fetch`. */
  readonly fetch?: typeof globalThis.fetch
}

const USUAL = 'https://api.anthropic.com'
/** Their API wants a limit to be named. */
const MOST_TOKENS = 4_096

/** Makes a {@link Model} of one of Anthropic's. */
export function anthropic(options: AnthropicOptions): Model {
  const { model: name, apiKey, baseURL = USUAL, headers = {}, fetch } = options
  const base = baseURL.replace(/\/+$/, '').replace(/\/v1$/, '')
  const own = { 'x-api-key': apiKey, 'anthropic-version': '2023-06-01', ...headers }
  const endpoint: Endpoint = { provider: 'anthropic', url: `${base}/v1/messages`, headers: own, fetch }
  return {
    provider: 'anthropic',
    name,
    ...(base === USUAL ? {} : { endpoint: base }),
    async generate(request: ModelRequest, { signal }: ModelCall = {}): Promise<Answer> {
      const message = loose(await (await post(endpoint, bodyOf(name, request), signal)).json())
      return answerOf(list(message.content).map(loose), message.stop_reason, usageOf(loose(message.usage)))
    },
    async *stream(request: ModelRequest, { signal }: ModelCall = {}): AsyncGenerator<AnswerPart> {
      const blocks: Record<string, unknown>[] = []
      let stop: unknown
      let usage: Readonly<Record<string, unknown>> = {}
      for await (const event of eventsOf(await post(endpoint, { ...bodyOf(name, request), stream: true }, signal))) {
        if (event.type === 'error') throw streamError('anthropic', event.error)
        if (event.type === 'message_start') usage = loose(loose(event.message).usage)
        if (event.type === 'content_block_start') blocks.push({ ...loose(event.content_block), json: '' })
        if (event.type === 'content_block_delta') {
          const piece = add(blocks.at(-1) ?? {}, loose(event.delta))
          if (piece !== '') yield { type: 'text', text: piece }
        }
        if (event.type === 'message_delta') {
          stop = loose(event.delta).stop_reason
          usage = { ...usage, ...loose(event.usage) }
        }
      }
      if (stop === undefined) throw new ModelError('anthropic broke off', 0)
      const done = blocks.map((block) =>
        block.json === '' ? block : { ...block, input: parseJson(String(block.json)) },
      )
      yield { type: 'end', answer: answerOf(done, stop, usageOf(usage)) }
    },
  }
}

/** Adds a delta to a block; gives its text. */
function add(block: Record<string, unknown>, delta: Readonly<Record<string, unknown>>): string {
  const piece = text(delta.text) ?? ''
  block.text = `${block.text ?? ''}${piece}`
  block.json = `${block.json ?? ''}${text(delta.partial_json) ?? ''}`
  return piece
}

const FINISH: Readonly<Record<string, Finish>> = {
  end_turn: 'stop',
  stop_sequence: 'stop',
  tool_use: 'tool-calls',
  max_tokens: 'length',
  model_context_window_exceeded: 'length',
  refusal: 'content-filter',
}

function answerOf(blocks: readonly Readonly<Record<string, unknown>>[], stop: unknown, usage: Usage): Answer {
  const toolCalls: ToolCall[] = blocks
    .filter(({ type }) => type === 'tool_use')
    .map(({ id, name, input }) => ({
      id: text(id) ?? '',
      name: text(name) ?? '',
      arguments: JSON.stringify(input ?? {}),
    }))
  const said = blocks.map((block) => (block.type === 'text' ? (text(block.text) ?? '') : '')).join('')
  return { text: said, toolCalls, finish: FINISH[String(stop)] ?? 'other', usage }
}

function usageOf(usage: Readonly<Record<string, unknown>>): Usage {
  const read = count(usage.cache_read_input_tokens)
  const written = count(usage.cache_creation_input_tokens)
  return {
    ...NO_USAGE,
    inputTokens: count(usage.input_tokens) + read + written,
    outputTokens: count(usage.output_tokens),
    cachedInputTokens: read,
    cacheWriteTokens: written,
  }
}

function bodyOf(model: string, request: ModelRequest): Record<string, unknown> {
  const { system, messages, output, tools = [], temperature, maxTokens = MOST_TOKENS, parameters } = request
  return {
    model,
    max_tokens: maxTokens,
    ...(system === undefined ? {} : { system }),
    messages: messages.map(messageOf),
    ...(output && { output_config: { format: { type: 'json_schema', schema: output.schema } } }),
    ...(tools.length > 0 && {
      tools: tools.map(({ name, description, schema }) => ({
        name,
        ...(description && { description }),
        input_schema: schema,
      })),
    }),
    ...(temperature === undefined ? {} : { temperature }),
    ...parameters,
  }
}

function messageOf(message: Message): unknown {
  if (message.role === 'user') {
    const { content } = message
    return { role: 'user', content: typeof content === 'string' ? content : content.map(partOf) }
  }
  if (message.role === 'tool') {
    const result = { type: 'tool_result', tool_use_id: message.toolCallId, content: message.content }
    return { role: 'user', content: [result] }
  }
  const calls = (message.toolCalls ?? []).map(({ id, name, arguments: given }) => ({
    type: 'tool_use',
    id,
    name,
    input: parseJson(given) ?? {},
  }))
  return {
    role: 'assistant',
    content: [...(message.content === '' ? [] : [{ type: 'text', text: message.content }]), ...calls],
  }
}

function partOf(part: Part): unknown {
  if (part.type === 'text') return part
  const { mediaType, data } = part
  const source =
    typeof data === 'string'
      ? { type: 'url', url: data }
      : { type: 'base64', media_type: mediaType, data: Buffer.from(data).toString('base64') }
  return { type: mediaType.startsWith('image/') ? 'image' : 'document', source }
}
