// Every SDK, doing the same six things through whatever fetch it is given.
import { createAnthropic } from '@ai-sdk/anthropic'
import { createOpenAI } from '@ai-sdk/openai'
import Anthropic from '@anthropic-ai/sdk'
import { HumanMessage } from '@langchain/core/messages'
import { ChatOpenAI, OpenAIEmbeddings } from '@langchain/openai'
import * as ai7 from 'ai'
import * as ai6 from 'ai-6'
import { createAnthropic as createAnthropic6 } from 'ai-6-anthropic'
import { createOpenAI as createOpenAI6 } from 'ai-6-openai'
import { Ollama } from 'ollama'
import OpenAI from 'openai'
import { z } from 'zod'

/** What an SDK gave, as far as a user sees it. */
type Seen = unknown

export interface Operations {
  plain(prompt: string): Promise<Seen>
  stream(prompt: string): Promise<Seen>
  tools(prompt: string): Promise<Seen>
  embed?(inputs: string[]): Promise<Seen>
  /** Begins a stream and leaves it after its first piece; gives that. */
  abort(prompt: string): Promise<Seen>
}

export type Connect = (url: string, fetch: typeof globalThis.fetch) => Operations

const parameters = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] }

async function all<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = []
  for await (const item of stream) items.push(item)
  return items
}

const openai: Connect = (url, fetch) => {
  const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'sk-test-0123456789abcdef', fetch })
  const asked = (prompt: string) => ({ model: 'gpt-5', messages: [{ role: 'user' as const, content: prompt }] })
  const tools = [{ type: 'function' as const, function: { name: 'weather', parameters } }]
  return {
    plain: async (prompt) => (await client.chat.completions.create(asked(prompt))).choices[0]?.message.content,
    stream: async (prompt) => all(await client.chat.completions.create({ ...asked(prompt), stream: true })),
    tools: async (prompt) =>
      (await client.chat.completions.create({ ...asked(prompt), tools })).choices[0]?.message.tool_calls,
    embed: async (input) => (await client.embeddings.create({ model: 'text-embedding-3-small', input })).data,
    async abort(prompt) {
      const stream = await client.chat.completions.create({ ...asked(prompt), stream: true })
      for await (const chunk of stream) return chunk
    },
  }
}

const anthropic: Connect = (url, fetch) => {
  const client = new Anthropic({ baseURL: url, apiKey: 'sk-ant-test-0123456789', fetch })
  const asked = (prompt: string) => ({
    model: 'claude-sonnet-5',
    max_tokens: 100,
    messages: [{ role: 'user' as const, content: prompt }],
  })
  const tools = [{ name: 'weather', input_schema: { ...parameters, type: 'object' as const } }]
  return {
    plain: async (prompt) => (await client.messages.create(asked(prompt))).content,
    stream: async (prompt) => all(await client.messages.create({ ...asked(prompt), stream: true })),
    tools: async (prompt) => (await client.messages.stream({ ...asked(prompt), tools }).finalMessage()).content,
    async abort(prompt) {
      for await (const event of client.messages.stream(asked(prompt))) return event
    },
  }
}

const ollama: Connect = (url, fetch) => {
  const client = new Ollama({ host: url, fetch })
  const asked = (prompt: string) => ({ model: 'llama3.2', messages: [{ role: 'user', content: prompt }] })
  const tools = [{ type: 'function', function: { name: 'weather', description: 'Tells the weather', parameters } }]
  return {
    plain: async (prompt) => (await client.chat(asked(prompt))).message,
    stream: async (prompt) => all(await client.chat({ ...asked(prompt), stream: true })),
    tools: async (prompt) => (await client.chat({ ...asked(prompt), tools })).message.tool_calls,
    embed: async (input) => (await client.embed({ model: 'nomic-embed-text', input })).embeddings,
    async abort(prompt) {
      const stream = await client.chat({ ...asked(prompt), stream: true })
      for await (const part of stream) {
        stream.abort()
        return part
      }
    },
  }
}

const schema = z.object({ city: z.string() })
type Ai = typeof ai7

/** The AI SDK has the same face in both versions, with types of its own in each. */
const aiSdk =
  (
    ai: Ai,
    models: (
      url: string,
      fetch: typeof globalThis.fetch,
    ) => { chat: ai7.LanguageModel; embedding?: ai7.EmbeddingModel },
  ): Connect =>
  (url, fetch) => {
    const { chat: model, embedding } = models(url, fetch)
    const tools = { weather: ai.tool({ inputSchema: schema }) } as unknown as ai7.ToolSet
    return {
      plain: async (prompt) => (await ai.generateText({ model, prompt })).text,
      stream: async (prompt) => all(ai.streamText({ model, prompt }).textStream),
      tools: async (prompt) =>
        (await ai.generateText({ model, prompt, tools })).toolCalls.map(({ toolName, input }) => ({ toolName, input })),
      ...(embedding && { embed: async (values) => (await ai.embedMany({ model: embedding, values })).embeddings }),
      async abort(prompt) {
        const leaving = new AbortController()
        const { textStream } = ai.streamText({ model, prompt, abortSignal: leaving.signal })
        for await (const text of textStream) {
          leaving.abort()
          return text
        }
      },
    }
  }

const apiKey = 'sk-test-0123456789abcdef'

const ai7OpenAI = aiSdk(ai7, (url, fetch) => {
  const provider = createOpenAI({ baseURL: `${url}/v1`, apiKey, fetch })
  return { chat: provider('gpt-5'), embedding: provider.embedding('text-embedding-3-small') }
})
const ai7Anthropic = aiSdk(ai7, (url, fetch) => ({
  chat: createAnthropic({ baseURL: `${url}/v1`, apiKey, fetch })('claude-sonnet-5'),
}))
const ai6OpenAI = aiSdk(ai6 as unknown as Ai, (url, fetch) => {
  const provider = createOpenAI6({ baseURL: `${url}/v1`, apiKey, fetch })
  return { chat: provider.chat('gpt-5'), embedding: provider.embedding('text-embedding-3-small') }
})
const ai6Anthropic = aiSdk(ai6 as unknown as Ai, (url, fetch) => ({
  chat: createAnthropic6({ baseURL: `${url}/v1`, apiKey, fetch })('claude-sonnet-5'),
}))

const langchain: Connect = (url, fetch) => {
  const configuration = { baseURL: `${url}/v1`, fetch }
  const model = new ChatOpenAI({ model: 'gpt-5', apiKey, configuration, maxRetries: 0 })
  const embeddings = new OpenAIEmbeddings({ model: 'text-embedding-3-small', apiKey, configuration, maxRetries: 0 })
  const asked = (prompt: string) => [new HumanMessage(prompt)]
  return {
    plain: async (prompt) => (await model.invoke(asked(prompt))).content,
    stream: async (prompt) => (await all(await model.stream(asked(prompt)))).map(({ content }) => content),
    tools: async (prompt) =>
      (await model.bindTools([{ type: 'function', function: { name: 'weather', parameters } }]).invoke(asked(prompt)))
        .tool_calls,
    embed: (inputs) => embeddings.embedDocuments(inputs),
    async abort(prompt) {
      const leaving = new AbortController()
      for await (const { content } of await model.stream(asked(prompt), { signal: leaving.signal })) {
        leaving.abort()
        return content
      }
    },
  }
}

export const SDKS: Readonly<Record<string, Connect>> = {
  'openai 7': openai,
  '@anthropic-ai/sdk 1': anthropic,
  'ollama 0.6': ollama,
  'ai 7 + openai': ai7OpenAI,
  'ai 7 + anthropic': ai7Anthropic,
  'ai 6 + openai': ai6OpenAI,
  'ai 6 + anthropic': ai6Anthropic,
  'langchain ChatOpenAI': langchain,
}
