// The protocol facts that a cache of LLM traffic has to know, each with the real SDK that it concerns.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Anthropic from '@anthropic-ai/sdk'
import { openCache } from 'granary'
import { Ollama } from 'ollama'
import { describe, expect, it } from 'vitest'
import { cachedFetch, callInfoOf } from '../src/index.js'
import { open } from './open.js'

const question = [{ role: 'user' as const, content: 'Hello.' }]

describe('fact 1: a stream is committed at its terminal event', () => {
  it('openai leaves right after [DONE], while the connection is still open', async () => {
    const { server, openai } = await open()
    server.always({ text: 'Three words here.', endless: true })
    for (let call = 0; call < 2; call++) {
      const stream = await openai.chat.completions.create({ model: 'gpt-5', messages: question, stream: true })
      let text = ''
      for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? ''
      expect(text).toBe('Three words here.')
    }
    expect(server.count).toBe(1)
  })

  it('ollama leaves at done: true', async () => {
    const { server, fetch } = await open()
    server.always({ endless: true })
    const client = new Ollama({ host: server.url, fetch })
    for (let call = 0; call < 2; call++) {
      let text = ''
      for await (const part of await client.chat({ model: 'llama3.2', messages: question, stream: true })) {
        text += part.message.content
        if (part.done) break
      }
      expect(text).toBe('This is answer 1, word by word.')
    }
    expect(server.count).toBe(1)
  })

  it('a reader that cancels at the terminal event, before the end of the body, does not undo it', async () => {
    const { server, chat } = await open()
    const reader = (await chat({ stream: true })).body?.getReader()
    const decoder = new TextDecoder()
    for (let text = ''; !text.includes('[DONE]'); ) text += decoder.decode((await reader?.read())?.value)
    await reader?.cancel()
    expect(await (await chat({ stream: true })).text()).toContain('[DONE]')
    expect(server.count).toBe(1)
  })
})

describe('fact 2: an error inside a stream of status 200 is not stored', () => {
  it('data: {"error": …} of chat completions', async () => {
    const { server, openai, fetch } = await open()
    server.next({ broken: { after: 3, by: 'error' } })
    const ask = async () => {
      const stream = await openai.chat.completions.create({ model: 'gpt-5', messages: question, stream: true })
      for await (const _ of stream);
    }
    await expect(ask()).rejects.toThrow(/overloaded/)
    await ask()
    expect(server.count).toBe(2)
    expect(fetch.savings().unstored).toEqual({ error: 1 })
  })

  it('the event error of messages', async () => {
    const { server, fetch } = await open()
    const client = new Anthropic({ baseURL: server.url, apiKey: 'sk-ant-0123456789abcdef', fetch, maxRetries: 0 })
    server.next({ broken: { after: 4, by: 'error' } })
    const ask = () =>
      client.messages.stream({ model: 'claude-sonnet-5', max_tokens: 9, messages: question }).finalText()
    await expect(ask()).rejects.toThrow(/overloaded/)
    expect(await ask()).toContain('answer 2')
    expect(server.count).toBe(2)
    expect(fetch.savings().unstored).toEqual({ error: 1 })
  })

  it('the error line of ollama', async () => {
    const { server, fetch } = await open()
    const client = new Ollama({ host: server.url, fetch })
    server.next({ broken: { after: 2, by: 'error' } })
    const ask = async () => {
      for await (const _ of await client.chat({ model: 'llama3.2', messages: question, stream: true }));
    }
    await expect(ask()).rejects.toThrow(/overloaded/)
    await ask()
    expect(server.count).toBe(2)
  })
})

describe('fact 3: a miss that may not ask is one attempt with a readable message', () => {
  it.each(['openai', 'anthropic', 'ollama'] as const)('%s', async (sdk) => {
    const { server, fetch } = await open({ mode: 'only-if-cached' })
    let calls = 0
    const counted: typeof globalThis.fetch = (input, init) => {
      calls++
      return fetch(input, init)
    }
    const message = /nothing is cached/
    if (sdk === 'ollama') {
      const client = new Ollama({ host: server.url, fetch: counted })
      await expect(client.chat({ model: 'llama3.2', messages: question })).rejects.toThrow(message)
    } else if (sdk === 'anthropic') {
      const client = new Anthropic({ baseURL: server.url, apiKey: 'k', fetch: counted })
      const asked = client.messages.create({ model: 'claude-sonnet-5', max_tokens: 9, messages: question })
      await expect(asked).rejects.toThrow(message)
    } else {
      const { default: OpenAI } = await import('openai')
      const client = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: 'k', fetch: counted })
      await expect(client.chat.completions.create({ model: 'gpt-5', messages: question })).rejects.toMatchObject({
        status: 412,
        message: expect.stringMatching(message),
      })
    }
    expect({ calls, asked: server.count }).toEqual({ calls: 1, asked: 0 })
  })
})

describe('fact 4: embeddings are cached input by input', () => {
  it('as the base64 that openai asks for, in the order of the request', async () => {
    const { server, openai } = await open()
    const embed = async (input: string[]) =>
      (await openai.embeddings.create({ model: 'text-embedding-3-small', input })).data
    const [a, b] = await embed(['a', 'b'])
    expect(server.received[0]?.body.encoding_format).toBe('base64')
    const again = await embed(['c', 'b', 'a', 'b'])
    expect(server.received[1]?.body.input).toEqual(['c'])
    expect(again.map(({ index }) => index)).toEqual([0, 1, 2, 3])
    expect(again.slice(1).map(({ embedding }) => embedding)).toEqual([b?.embedding, a?.embedding, b?.embedding])
  })

  it('is one entry for both encodings of a vector', async () => {
    const { server, openai } = await open()
    const params = { model: 'text-embedding-3-small', input: 'a' }
    const floats = await openai.embeddings.create({ ...params, encoding_format: 'float' })
    const base64 = await openai.embeddings.create(params)
    expect(base64.data).toEqual(floats.data)
    expect(server.count).toBe(1)
  })

  it('counts tokens once for an input, and passes on what is no answer', async () => {
    const { server, openai, fetch } = await open()
    const params = { model: 'text-embedding-3-small', input: ['aaaa', 'bb'] }
    server.next({ status: 400, error: { type: 'invalid_request_error', message: 'too long' } })
    await expect(openai.embeddings.create(params)).rejects.toMatchObject({ status: 400, message: /too long/ })
    expect((await openai.embeddings.create(params)).usage.prompt_tokens).toBe(6)
    expect((await openai.embeddings.create({ ...params, input: ['bb'] })).usage.prompt_tokens).toBe(2)
    expect(fetch.savings()).toMatchObject({ unstored: { status: 1 }, savedTokens: { inputTokens: 2 } })
    expect(server.count).toBe(2)
  })

  it('tells a list of tokens from a list of inputs', async () => {
    const { server, openai } = await open()
    const embed = (input: number[] | number[][]) =>
      openai.embeddings.create({ model: 'text-embedding-3-small', input, encoding_format: 'float' })
    const one = await embed([1, 2, 3])
    const many = await embed([[1, 2, 3], [4]])
    expect([one.data.length, many.data.length]).toEqual([1, 2])
    expect(many.data[0]?.embedding).toEqual(one.data[0]?.embedding)
    expect(server.received[1]?.body.input).toEqual([[4]])
  })
})

describe('fact 6: stream is part of the key', () => {
  it('a stream and a whole answer are two entries', async () => {
    const { server, say } = await open()
    const whole = await say()
    const streamed = await say({ stream: true })
    expect(server.count).toBe(2)
    expect([await say(), await say({ stream: true })]).toEqual([whole, streamed])
    expect(server.count).toBe(2)
  })
})

describe('fact 7: events are stored as they were sent, with their times', () => {
  it('reasoning, tool calls and usage survive, byte for byte', async () => {
    const { server, say } = await open()
    server.always({
      reasoning: 'Let me think.',
      text: 'Yes.',
      toolCalls: [{ name: 'weather', arguments: { city: 'Zürich 🌦' } }],
      usage: { input: 5, output: 7, cached: 2 },
    })
    const body = { stream: true, stream_options: { include_usage: true } }
    const first = await say(body)
    expect(await say(body)).toBe(first)
    for (const part of ['reasoning_content', 'tool_calls', 'Zür', '🌦', 'cached_tokens']) expect(first).toContain(part)
    expect(server.count).toBe(1)
  })

  it('thinking and its signature survive in messages', async () => {
    const { server, fetch } = await open()
    const client = new Anthropic({ baseURL: server.url, apiKey: 'k', fetch })
    server.always({ reasoning: 'Let me think.', text: 'Yes.' })
    const ask = () =>
      client.messages.stream({ model: 'claude-sonnet-5', max_tokens: 9, messages: question }).finalMessage()
    const first = await ask()
    expect(first.content).toMatchObject([{ type: 'thinking', signature: 'c2lnbmVk' }, { type: 'text' }])
    expect(await ask()).toEqual(first)
    expect(server.count).toBe(1)
  })

  it('and comes back from a file, after a restart, with its times', async () => {
    const { server } = await open()
    const folder = mkdtempSync(join(tmpdir(), 'granary-llm-'))
    const init = { method: 'POST', body: JSON.stringify({ model: 'm', messages: [], stream: true }) }
    const texts: string[] = []
    for (let restart = 0; restart < 3; restart++) {
      await using cache = openCache(folder)
      const response = await cachedFetch({ cache })(`${server.url}/v1/chat/completions`, init)
      texts.push(await response.text())
      expect(callInfoOf(response)?.cached).toBe(restart > 0)
      expect(response.headers.get('content-type')).toContain('text/event-stream')
    }
    expect(new Set(texts).size).toBe(1)
    expect(server.count).toBe(1)
    rmSync(folder, { recursive: true })
  })
})
