import { createAnthropic } from '@ai-sdk/anthropic'
import { createOpenAI } from '@ai-sdk/openai'
import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import { createCache } from '@granary/core'
import { memory } from '@granary/memory'
import { FakeClock } from '@granary/testkit'
import * as ai7 from 'ai'
import * as ai6 from 'ai-6'
import { createOpenAI as createOpenAI6 } from 'ai-6-openai'
import { describe, expect, it, onTestFinished } from 'vitest'
import { z } from 'zod'
import { aiSdkModel, type CacheMiddlewareOptions, cacheMiddleware } from '../src/ai-sdk/index.js'
import { ScriptedServer } from '../src/testing/index.js'
import { gate, until } from './open.js'
import { article, GOOD, openWorkers, Summarize } from './workers.js'

const apiKey = 'sk-test-0123456789abcdef'
// Some parameters are not for every model: the SDK says so, and that is not what is tested.
;(globalThis as { AI_SDK_LOG_WARNINGS?: boolean }).AI_SDK_LOG_WARNINGS = false

async function open(options: Partial<CacheMiddlewareOptions> = {}) {
  const server = await ScriptedServer.start()
  onTestFinished(() => server.close())
  const clock = new FakeClock()
  const middleware = cacheMiddleware({ cache: createCache({ layers: [memory()], clock }), clock, ...options })
  return { server, clock, middleware }
}

const providers = {
  'ai 7 + openai': (url: string) => ({ ai: ai7, model: createOpenAI({ baseURL: `${url}/v1`, apiKey })('gpt-5') }),
  'ai 7 + anthropic': (url: string) => ({
    ai: ai7,
    model: createAnthropic({ baseURL: `${url}/v1`, apiKey })('claude-sonnet-5'),
  }),
  'ai 7 + openai-compatible': (url: string) => ({
    ai: ai7,
    model: createOpenAICompatible({ name: 'local', baseURL: `${url}/v1` })('llama3.2'),
  }),
  'ai 6 + openai': (url: string) => ({
    ai: ai6 as unknown as typeof ai7,
    model: createOpenAI6({ baseURL: `${url}/v1`, apiKey })('gpt-5') as unknown as ai7.LanguageModel & object,
  }),
} as const

describe.each(Object.entries(providers))('the middleware, with %s', (_, connect) => {
  async function wrapped(options: Partial<CacheMiddlewareOptions> = {}) {
    const { server, clock, middleware } = await open(options)
    const { ai, model } = connect(server.url)
    return { server, clock, middleware, ai, model: ai.wrapLanguageModel({ model: model as never, middleware }) }
  }

  it('asks once for equal calls, and says what became of them', async () => {
    const { server, ai, model, middleware, clock } = await wrapped()
    const first = await ai.generateText({ model, prompt: 'Hello.' })
    clock.advance('1m')
    const second = await ai.generateText({ model, prompt: 'Hello.' })
    expect(second.text).toBe(first.text)
    expect(second.usage).toEqual(first.usage)
    expect(first.providerMetadata?.granary).toMatchObject({ cached: false })
    expect(second.providerMetadata?.granary).toMatchObject({ cached: true, ageMs: 60_000, tokensSaved: 30 })
    await ai.generateText({ model, prompt: 'Hello!' })
    expect(server.count).toBe(2)
    expect(middleware.savings()).toMatchObject({
      calls: 2,
      hits: 1,
      savedTokens: { inputTokens: 20, outputTokens: 10 },
    })
  })

  it('plays streams again, tool calls too', async () => {
    const { server, ai, model } = await wrapped()
    const tools = { weather: ai.tool({ inputSchema: z.object({ city: z.string() }) }) } as unknown as ai7.ToolSet
    const stream = async (prompt: string) => {
      const result = ai.streamText({ model, prompt, tools })
      return {
        text: await result.text,
        calls: (await result.toolCalls).map(({ toolName, input }) => ({ toolName, input })),
      }
    }
    const first = await stream('Hello.')
    expect(first.text).toContain('answer 1')
    expect(await stream('Hello.')).toEqual(first)
    server.next({ toolCalls: [{ name: 'weather', arguments: { city: 'Bern' } }] })
    const called = await stream('The weather?')
    expect(called.calls).toEqual([{ toolName: 'weather', input: { city: 'Bern' } }])
    expect(await stream('The weather?')).toEqual(called)
    expect(server.count).toBe(2)
  })

  it('equal calls in flight are one, and one caller’s abort is its own', async () => {
    const { server, ai, model } = await wrapped()
    const block = gate()
    server.always({ before: (event) => (event > 5 ? block.promise : undefined) })
    const leaving = new AbortController()
    const begin = (abortSignal?: AbortSignal) =>
      ai.streamText({ model, prompt: 'Hello.', ...(abortSignal && { abortSignal }), onError: () => {} })
    const first = begin(leaving.signal)
    const reader = first.textStream.getReader()
    await reader.read()
    const second = begin().textStream.getReader()
    let text = (await second.read()).value ?? ''
    leaving.abort()
    block.open()
    for (let next = await second.read(); !next.done; next = await second.read()) text += next.value
    expect(text).toContain('word by word.')
    expect({ count: server.count, left: server.left }).toEqual({ count: 1, left: 0 })
    expect(await begin().text).toBe(text)
    expect(server.count).toBe(1)
  })

  it('the last caller to leave ends the call', async () => {
    const { server, ai, model } = await wrapped()
    const block = gate()
    server.next({ before: (event) => (event > 5 ? block.promise : undefined) })
    const leaving = new AbortController()
    const { textStream } = ai.streamText({ model, prompt: 'Hello.', abortSignal: leaving.signal, onError: () => {} })
    const reader = textStream.getReader()
    await reader.read()
    leaving.abort()
    await until(() => server.left === 1)
    block.open()
  })

  it('takes a policy from providerOptions, which the provider does not see', async () => {
    const { server, ai, model } = await wrapped()
    const ask = async (granary: ai7.JSONValue & object) =>
      (await ai.generateText({ model, prompt: 'Hello.', providerOptions: { granary: granary as never } })).text
    const first = await ask({})
    expect(await ask({ sample: 1 })).not.toBe(first)
    expect(await ask({ scope: 'tenant' })).not.toBe(first)
    expect(await ask({ mode: 'bypass' })).not.toBe(first)
    const fresh = await ask({ mode: 'refresh' })
    expect(await ask({})).toBe(fresh)
    expect(server.count).toBe(5)
    expect(JSON.stringify(server.received)).not.toMatch(/granary|refresh|tenant/)
    await expect(ask({ mode: 'replay' })).rejects.toThrow(/is one of cachedFetch/)
  })

  it('stores only what is complete and useful', async () => {
    const { server, ai, model, middleware } = await wrapped()
    server.next({ finish: 'length' }, { text: '' }, { broken: { after: 6, by: 'error' } })
    await ai.generateText({ model, prompt: 'Hello.' })
    await ai.generateText({ model, prompt: 'Hello.' })
    await ai.streamText({ model, prompt: 'Hello.', onError: () => {} }).consumeStream()
    expect(middleware.savings().unstored).toEqual({ truncated: 1, empty: 1, error: 1 })
    await ai.generateText({ model, prompt: 'Hello.' })
    await ai.generateText({ model, prompt: 'Hello.' })
    expect(server.count).toBe(4)
  })

  it('is told apart by everything that changes an answer', async () => {
    const { server, ai, model } = await wrapped()
    const png = (last: number) => Uint8Array.from([0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10, last])
    const file = (last: number) => ({ type: 'file' as const, mediaType: 'image/png', data: png(last) })
    const withFile = (last: number) => ({ messages: [{ role: 'user' as const, content: [file(last)] }] })
    const calls = [{ prompt: 'a' }, { prompt: 'a', temperature: 0 }, { prompt: 'a', seed: 1 }, withFile(1), withFile(2)]
    for (let i = 0; i < 2; i++) for (const call of calls) await ai.generateText({ model, ...call } as never)
    expect(server.count).toBe(calls.length)
  })
})

it('type-checks with both versions of the SDK', async () => {
  const { server, middleware } = await open()
  const baseURL = `${server.url}/v1`
  const [seven, six] = [createOpenAI({ baseURL, apiKey }), createOpenAI6({ baseURL, apiKey })]
  ai7.wrapLanguageModel({ model: seven('gpt-5'), middleware })
  ai6.wrapLanguageModel({ model: six('gpt-5'), middleware })
  ai7.wrapEmbeddingModel({ model: seven.embedding('m'), middleware })
  ai6.wrapEmbeddingModel({ model: six.embedding('m'), middleware })
  for (const model of [seven('gpt-5'), six('gpt-5')]) expect(aiSdkModel(model).name).toBe('gpt-5')
})

describe('the middleware for embeddings', () => {
  it.each(['ai 7', 'ai 6'] as const)('%s: asks for what is missing, in order', async (version) => {
    const { server, middleware } = await open()
    const ai = (version === 'ai 7' ? ai7 : ai6) as typeof ai7
    const provider = (version === 'ai 7' ? createOpenAI : createOpenAI6)({ baseURL: `${server.url}/v1`, apiKey })
    const model = ai.wrapEmbeddingModel({ model: provider.embedding('text-embedding-3-small') as never, middleware })
    const embed = async (values: string[]) => (await ai.embedMany({ model, values })).embeddings
    const [a, b] = await embed(['a', 'b'])
    const again = await embed(['c', 'b', 'a'])
    expect(server.received.map(({ body }) => body.input)).toEqual([['a', 'b'], ['c']])
    expect(again.slice(1)).toEqual([b, a])
    expect(middleware.savings()).toMatchObject({ calls: 2, hits: 1 })
  })
})

describe('G4: an AI SDK model in a worker', () => {
  it.each(Object.entries(providers))('%s', async (_, connect) => {
    const { server, given } = await openWorkers()
    const { model } = connect(server.url)
    server.next({ text: 'Hm.' })
    const worker = new Summarize(given({ model: aiSdkModel(model as never) }))
    expect(await worker.run(article)).toHaveLength(1)
    await worker.run(article)
    expect(server.count).toBe(2)
    expect((await worker.savings()).spentTokens.inputTokens).toBe(120)
    let streamed = ''
    server.always({ text: GOOD })
    for await (const part of aiSdkModel(model as never).stream({ messages: [{ role: 'user', content: 'Hi.' }] }))
      streamed += part.type === 'text' ? part.text : ''
    expect(streamed).toBe(GOOD)
  })
})
