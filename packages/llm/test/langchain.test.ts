import { createCache } from '@granary/core'
import { memory } from '@granary/memory'
import { HumanMessage } from '@langchain/core/messages'
import { ChatOpenAI } from '@langchain/openai'
import { describe, expect, it, onTestFinished } from 'vitest'
import { GranaryCache, type GranaryCacheOptions } from '../src/langchain/index.js'
import { ScriptedServer } from '../src/testing/index.js'

const apiKey = 'sk-test-0123456789abcdef'

async function open(options: Partial<GranaryCacheOptions> = {}) {
  const server = await ScriptedServer.start()
  onTestFinished(() => server.close())
  const store = createCache({ layers: [memory()], debug: true })
  const cache = new GranaryCache({ cache: store, ...options })
  const configuration = { baseURL: `${server.url}/v1` }
  const model = (more: object = {}) =>
    new ChatOpenAI({ model: 'gpt-5', apiKey, configuration, cache, maxRetries: 0, ...more })
  return { server, store, cache, model }
}

describe('GranaryCache for LangChain', () => {
  it('asks once for equal prompts of one model, tool calls and usage included', async () => {
    const { server, model, cache } = await open()
    server.always({ toolCalls: [{ name: 'weather', arguments: { city: 'Bern' } }], usage: { input: 9, output: 3 } })
    const parameters = { type: 'object', properties: { city: { type: 'string' } } }
    const bound = model().bindTools([{ type: 'function', function: { name: 'weather', parameters } }])
    const first = await bound.invoke('Hello.')
    const second = await bound.invoke('Hello.')
    expect(second.tool_calls).toEqual(first.tool_calls)
    expect(first.tool_calls).toMatchObject([{ name: 'weather', args: { city: 'Bern' } }])
    expect(second.content).toEqual(first.content)
    await model({ temperature: 0 }).invoke('Hello.')
    expect(server.count).toBe(2)
    expect(cache.savings()).toMatchObject({ calls: 2, hits: 1, savedTokens: { inputTokens: 9, outputTokens: 3 } })
  })

  it('what it gives can be changed without changing what it keeps', async () => {
    const { model } = await open()
    const texts = []
    for (let i = 0; i < 3; i++) {
      const message = await model().invoke('Hello.')
      texts.push(message.content)
      message.content = 'changed'
      message.additional_kwargs.more = true
    }
    expect(new Set(texts).size).toBe(1)
  })

  it('passes by prompts in which LangChain has left out a file', async () => {
    const { server, model } = await open()
    const picture = (data: string) =>
      new HumanMessage({ content: [{ type: 'image_url', image_url: { url: `data:image/png;base64,${data}` } }] })
    for (const data of ['AAAA', 'BBBB', 'AAAA']) await model().invoke([picture(data)])
    expect(server.count).toBe(3)
  })

  it.each([
    ['truncated', { finish: 'length' }, 'truncated'],
    ['filtered', { finish: 'content-filter' }, 'filtered'],
    ['empty', { text: ' ' }, 'empty'],
  ] as const)('does not store what is %s', async (_, reply, reason) => {
    const { server, model, cache } = await open()
    server.next(reply)
    for (let i = 0; i < 3; i++) await model().invoke('Hello.')
    expect(server.count).toBe(2)
    expect(cache.savings().unstored).toEqual({ [reason]: 1 })
  })

  it('a scope is a partition, and a key holds no credential', async () => {
    const { server, store, model } = await open({ scope: 'a' })
    const other = new GranaryCache({ cache: store, scope: 'b' })
    await model().invoke('Hello.')
    await model({ cache: other }).invoke('Hello.')
    expect(server.count).toBe(2)
    for await (const entry of store.entries()) {
      expect(entry.key).toMatch(/^[0-9a-f]{64}$/)
      expect(JSON.stringify(entry)).not.toContain(apiKey)
    }
    expect(() => new GranaryCache({ cache: store, ttl: 0 })).toThrow(/ttl/)
  })
})
