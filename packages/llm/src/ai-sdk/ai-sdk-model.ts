import { type Loose, list, loose, parseJson, text } from '../json.js'
import type { Answer, AnswerPart, Finish, Message, Model, ModelCall, ModelRequest, Part, ToolCall } from '../model.js'
import { finishOf, usageOf } from './judge.js'

/** A language model of an AI SDK provider, such as `openai('gpt-5-mini')`: the specification's version 3 or 4. */
export interface LanguageModel {
  readonly specificationVersion: 'v3' | 'v4'
  readonly provider: string
  readonly modelId: string
  // biome-ignore lint/suspicious/noExplicitAny: each version has types of its own, of which this is the common part
  doGenerate(options: any): PromiseLike<any>
  // biome-ignore lint/suspicious/noExplicitAny: as above
  doStream(options: any): PromiseLike<any>
}

/** Makes a {@link Model} of a model of the AI SDK. */
export function aiSdkModel(model: LanguageModel): Model {
  const { provider, modelId: name, specificationVersion } = model
  const optionsOf = (request: ModelRequest, { signal }: ModelCall) => callOptions(request, signal, specificationVersion)
  return {
    provider,
    name,
    async generate(request: ModelRequest, call: ModelCall = {}): Promise<Answer> {
      const result = loose(await model.doGenerate(optionsOf(request, call)))
      return answerOf(list(result.content).map(loose), result)
    },
    async *stream(request: ModelRequest, call: ModelCall = {}): AsyncGenerator<AnswerPart> {
      const { stream } = await model.doStream(optionsOf(request, call))
      const content: Loose[] = []
      for await (const each of stream as AsyncIterable<unknown>) {
        const part = loose(each)
        if (part.type === 'error') throw part.error
        if (part.type === 'tool-call') content.push(part)
        if (part.type === 'text-delta') {
          const piece = text(part.delta) ?? ''
          content.push({ type: 'text', text: piece })
          yield { type: 'text', text: piece }
        }
        if (part.type === 'finish') yield { type: 'end', answer: answerOf(content, part) }
      }
    },
  }
}

const FINISHES: readonly Finish[] = ['stop', 'tool-calls', 'length', 'content-filter']

function answerOf(content: readonly Loose[], result: Loose): Answer {
  const toolCalls: ToolCall[] = content
    .filter(({ type }) => type === 'tool-call')
    .map(({ toolCallId, toolName, input }) => ({
      id: text(toolCallId) ?? '',
      name: text(toolName) ?? '',
      arguments: text(input) ?? JSON.stringify(input ?? {}),
    }))
  const said = content.map((part) => (part.type === 'text' ? (text(part.text) ?? '') : '')).join('')
  const finish = FINISHES.find((each) => each === finishOf(result.finishReason)) ?? 'other'
  return { text: said, toolCalls, finish, usage: usageOf(loose(result.usage)) }
}

function callOptions(
  request: ModelRequest,
  signal: AbortSignal | undefined,
  version: LanguageModel['specificationVersion'],
): Loose {
  const { system, messages, output, tools = [], temperature, maxTokens, parameters } = request
  const prompt = messages.map((message) => messageOf(message, version))
  return {
    prompt: system === undefined ? prompt : [{ role: 'system', content: system }, ...prompt],
    ...(output && { responseFormat: { type: 'json', ...output } }),
    ...(tools.length > 0 && {
      tools: tools.map(({ schema, ...tool }) => ({ type: 'function', ...tool, inputSchema: schema })),
    }),
    ...(temperature === undefined ? {} : { temperature }),
    ...(maxTokens === undefined ? {} : { maxOutputTokens: maxTokens }),
    ...parameters,
    ...(signal === undefined ? {} : { abortSignal: signal }),
  }
}

function messageOf(message: Message, version: LanguageModel['specificationVersion']): unknown {
  if (message.role === 'tool') {
    const { toolCallId, toolName, content } = message
    const output = { type: 'text', value: content }
    return { role: 'tool', content: [{ type: 'tool-result', toolCallId, toolName, output }] }
  }
  if (message.role === 'user') {
    const { content } = message
    const parts: readonly Part[] = typeof content === 'string' ? [{ type: 'text', text: content }] : content
    return { role: 'user', content: parts.map((part) => partOf(part, version)) }
  }
  const calls = (message.toolCalls ?? []).map(({ id, name, arguments: given }) => ({
    type: 'tool-call',
    toolCallId: id,
    toolName: name,
    input: parseJson(given) ?? {},
  }))
  const said = message.content === '' ? [] : [{ type: 'text', text: message.content }]
  return { role: 'assistant', content: [...said, ...calls] }
}

function partOf(part: Part, version: LanguageModel['specificationVersion']): unknown {
  if (part.type === 'text') return part
  const { data, mediaType } = part
  if (version === 'v3') return { type: 'file', mediaType, data: typeof data === 'string' ? new URL(data) : data }
  const tagged = typeof data === 'string' ? { type: 'url', url: new URL(data) } : { type: 'data', data }
  return { type: 'file', mediaType, data: tagged }
}
