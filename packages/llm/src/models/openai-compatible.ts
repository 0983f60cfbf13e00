import { count, list, loose, text } from '../json.js'
import type { Answer, AnswerPart, Finish, JsonSchema, Message, Model, ModelCall, ModelRequest, Part } from '../model.js'
import { ModelError } from '../model-error.js'
import { NO_USAGE, type Usage } from '../usage.js'
import { type Endpoint, eventsOf, post, streamError } from './post.js'

/** A model behind an endpoint that speaks OpenAI's chat completions: OpenAI, Ollama, vLLM, llama.cpp and many others. */
export interface OpenAICompatibleOptions {
  readonly model: string
  /** Up to where the paths begin: `'http://localhost:11434/v1'`. */
  readonly baseURL: string
  /** Default: none is sent. */
  readonly apiKey?: string
  /** What the provider is called in keys and savings. Default: `'openai-compatible'`. */
  readonly provider?: string
  readonly headers?: Readonly<Record<string, string>>
  /** Default: the global `fetch`. */
  readonly fetch?: typeof globalThis.fetch
}

/** Makes a {@link Model} of an endpoint that speaks OpenAI's chat completions. */
export function openaiCompatible(options: OpenAICompatibleOptions): Model {
  const { model: name, baseURL, apiKey, provider = 'openai-compatible', headers = {}, fetch } = options
  const base = baseURL.replace(/\/+$/, '')
  const authorization = apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }
  const endpoint: Endpoint = {
    provider,
    url: `${base}/chat/completions`,
    headers: { ...authorization, ...headers },
    fetch,
  }
  // OpenAI's newer models know only the second name, and most others only the first.
  const limit = provider === 'openai' ? 'max_completion_tokens' : 'max_tokens'
  return {
    provider,
    name,
    endpoint: base,
    async generate(request: ModelRequest, { signal }: ModelCall = {}): Promise<Answer> {
      const response = await post(endpoint, bodyOf(name, request, limit), signal)
      const answer = loose(await response.json())
      const choice = loose(list(answer.choices)[0])
      if (choice.message === undefined) throw new ModelError(`${provider} answered with nothing`, response.status)
      return answerOf(loose(choice.message), choice.finish_reason, answer.usage)
    },
    async *stream(request: ModelRequest, { signal }: ModelCall = {}): AsyncGenerator<AnswerPart> {
      const body = { ...bodyOf(name, request, limit), stream: true, stream_options: { include_usage: true } }
      const said: Said = { content: '', refusal: '', calls: [] }
      let finish: unknown
      let usage: unknown
      for await (const chunk of eventsOf(await post(endpoint, body, signal))) {
        if (chunk.error !== undefined) throw streamError(provider, chunk.error)
        usage = chunk.usage ?? usage
        const choice = loose(list(chunk.choices)[0])
        finish = choice.finish_reason ?? finish
        const piece = add(said, loose(choice.delta))
        if (piece !== '') yield { type: 'text', text: piece }
      }
      if (finish === undefined) throw new ModelError(`${provider} broke off`, 0)
      const message = { content: said.content, refusal: said.refusal, tool_calls: said.calls }
      yield { type: 'end', answer: answerOf(message, finish, usage) }
    },
  }
}

/** What a stream has said so far. */
interface Said {
  content: string
  refusal: string
  readonly calls: { id: string; function: { name: string; arguments: string } }[]
}

/** Adds a delta; gives its text. */
function add(said: Said, delta: Readonly<Record<string, unknown>>): string {
  const piece = text(delta.content) ?? ''
  said.content += piece
  said.refusal += text(delta.refusal) ?? ''
  for (const each of list(delta.tool_calls).map(loose)) {
    const { name, arguments: given } = loose(each.function)
    said.calls[count(each.index)] ??= { id: '', function: { name: '', arguments: '' } }
    const call = said.calls[count(each.index)] as Said['calls'][number]
    call.id = text(each.id) ?? call.id
    call.function.name += text(name) ?? ''
    call.function.arguments += text(given) ?? ''
  }
  return piece
}

const FINISH: Readonly<Record<string, Finish>> = {
  stop: 'stop',
  tool_calls: 'tool-calls',
  function_call: 'tool-calls',
  length: 'length',
  content_filter: 'content-filter',
}

function answerOf(message: Readonly<Record<string, unknown>>, finish: unknown, usage: unknown): Answer {
  const refused = (text(message.refusal) ?? '') !== ''
  return {
    text: text(message.content) ?? '',
    toolCalls: list(message.tool_calls)
      .map(loose)
      .map(({ id, function: fn }) => ({
        id: text(id) ?? '',
        name: text(loose(fn).name) ?? '',
        arguments: text(loose(fn).arguments) ?? '{}',
      })),
    finish: refused ? 'content-filter' : (FINISH[String(finish)] ?? 'other'),
    usage: usageOf(loose(usage)),
  }
}

function usageOf(usage: Readonly<Record<string, unknown>>): Usage {
  return {
    ...NO_USAGE,
    inputTokens: count(usage.prompt_tokens),
    outputTokens: count(usage.completion_tokens),
    cachedInputTokens: count(loose(usage.prompt_tokens_details).cached_tokens),
  }
}

function bodyOf(model: string, request: ModelRequest, limit: string): Record<string, unknown> {
  const { system, messages, output, tools = [], temperature, maxTokens, parameters } = request
  return {
    model,
    messages: [...(system === undefined ? [] : [{ role: 'system', content: system }]), ...messages.map(messageOf)],
    ...(output && {
      response_format: { type: 'json_schema', json_schema: { ...output, strict: isClosed(output.schema) } },
    }),
    ...(tools.length > 0 && {
      tools: tools.map(({ name, description, schema }) => ({
        type: 'function',
        function: { name, ...(description && { description }), parameters: schema },
      })),
    }),
    ...(temperature === undefined ? {} : { temperature }),
    ...(maxTokens === undefined ? {} : { [limit]: maxTokens }),
    ...parameters,
  }
}

function messageOf(message: Message): unknown {
  if (message.role === 'user') {
    const { content } = message
    return { role: 'user', content: typeof content === 'string' ? content : content.map(partOf) }
  }
  if (message.role === 'tool') return { role: 'tool', tool_call_id: message.toolCallId, content: message.content }
  const calls = (message.toolCalls ?? []).map(({ id, ...fn }) => ({ id, type: 'function', function: fn }))
  return { role: 'assistant', content: message.content, ...(calls.length > 0 && { tool_calls: calls }) }
}

function partOf(part: Part): unknown {
  if (part.type === 'text') return part
  const { mediaType, data } = part
  const url = typeof data === 'string' ? data : `data:${mediaType};base64,${Buffer.from(data).toString('base64')}`
  if (mediaType.startsWith('image/')) return { type: 'image_url', image_url: { url } }
  return { type: 'file', file: { filename: 'file', file_data: url } }
}

/** Can the provider hold the model to this schema? Strict ones allow no further properties, and require all. */
function isClosed(schema: unknown): boolean {
  if (Array.isArray(schema)) return schema.every(isClosed)
  if (typeof schema !== 'object' || schema === null) return true
  const { type, properties, required, additionalProperties } = schema as JsonSchema
  const names = Object.keys(loose(properties))
  const isOpen = type === 'object' && (additionalProperties !== false || list(required).length !== names.length)
  return !isOpen && Object.values(schema).every(isClosed)
}
