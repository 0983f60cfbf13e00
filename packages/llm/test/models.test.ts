import { afterEach, describe, expect, it, vi } from 'vitest'
import { type Message, type Model, ModelError, modelFrom } from '../src/index.js'
import { retryAfter, retryDelay } from '../src/model-error.js'
import { openWorkers } from './workers.js'

const providers = ['openai', 'anthropic', 'ollama', 'openai-compatible'] as const

async function last(model: Model, request: Parameters<Model['stream']>[0]) {
  let text = ''
  for await (const part of model.stream(request)) {
    if (part.type === 'end') return { text, answer: part.answer }
    text += part.text
  }
  throw new Error('it did not end')
}

const messages: readonly Message[] = [{ role: 'user', content: 'Hello.' }]

describe.each(providers)('the model of %s', (provider) => {
  it('streams what it generates', async () => {
    const { server, modelOf } = await openWorkers()
    server.always({
      text: 'one two',
      toolCalls: [{ name: 'now', arguments: { zone: 'UTC' } }],
      usage: { input: 9, output: 4, cached: 3 },
    })
    const model = modelOf({ provider })
    const whole = await model.generate({ messages })
    // Asked for, as OpenAI wants it.
    const streamed = await last(model, { messages })
    const withoutId = ({ toolCalls, ...answer }: typeof whole) => ({
      ...answer,
      toolCalls: toolCalls.map(({ id: _, ...call }) => call),
    })
    expect(withoutId(streamed.answer)).toEqual(withoutId(whole))
    expect(streamed.text).toBe('one two')
    expect(whole).toMatchObject({
      finish: 'tool-calls',
      toolCalls: [{ name: 'now', arguments: '{"zone":"UTC"}' }],
      usage: { inputTokens: 9, outputTokens: 4, cachedInputTokens: 3 },
    })
  })

  it.each([
    ['length', 'length'],
    ['content-filter', 'content-filter'],
    ['refusal', 'content-filter'],
    ['pause', 'other'],
  ] as const)('says that it ended by %s', async (finish, expected) => {
    const { server, modelOf } = await openWorkers()
    server.always({ finish, text: 'no' })
    const model = modelOf({ provider })
    expect((await model.generate({ messages })).finish).toBe(expected)
    expect((await last(model, { messages })).answer.finish).toBe(expected)
  })

  it('throws what goes wrong, and shows neither prompt nor credential', async () => {
    const { server, modelOf } = await openWorkers()
    const model = modelOf({ provider, apiKey: 'sk-canary-0123456789' })
    server.next({ status: 400, error: { type: 'invalid_request_error', message: 'canary: Hello.' } })
    const error = (await model.generate({ messages }).catch((thrown: unknown) => thrown)) as ModelError
    expect(error).toBeInstanceOf(ModelError)
    expect(error.message).toBe(`${provider} answered with status 400 (invalid_request_error)`)
    expect(error.detail).toBe('canary: Hello.')
    expect(JSON.stringify(error)).not.toContain('canary')
    expect(JSON.stringify(model)).not.toContain('canary')
    for (const by of ['error', 'end', 'cut'] as const) {
      server.next({ broken: { after: 2, by } })
      await expect(last(model, { messages })).rejects.toThrow()
    }
    await server.close()
    await expect(model.generate({ messages })).rejects.toMatchObject({ status: 0, message: /could not be reached/ })
    await expect(model.generate({ messages }, { signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow(
      'enough',
    )
  })
})

describe('modelFrom', () => {
  afterEach(() => void vi.unstubAllEnvs())

  it('takes keys and addresses from the environment', () => {
    vi.stubEnv('OPENAI_API_KEY', 'k')
    vi.stubEnv('OPENAI_BASE_URL', 'http://localhost:1/v1/')
    expect(modelFrom({ provider: 'openai', model: 'gpt-5' })).toMatchObject({
      provider: 'openai',
      name: 'gpt-5',
      endpoint: 'http://localhost:1/v1',
    })
  })

  it('says what is missing', () => {
    for (const name of ['OPENAI_API_KEY', 'ANTHROPIC_API_KEY', 'OPENAI_BASE_URL']) vi.stubEnv(name, '')
    expect(() => modelFrom({ provider: 'openai', model: 'gpt-5' })).toThrow(
      /needs an apiKey, or the variable OPENAI_API_KEY/,
    )
    expect(() => modelFrom({ provider: 'anthropic', model: 'm' })).toThrow(/ANTHROPIC_API_KEY/)
    expect(() => modelFrom({ provider: 'openai-compatible', model: 'm' })).toThrow(/needs a baseURL/)
    expect(() => modelFrom({ provider: 'other' as 'openai', model: 'm' })).toThrow(
      /no provider other; it is one of openai/,
    )
    expect(() => modelFrom({ provider: 'ollama', model: '' })).toThrow(/name the model/)
    expect(() => modelFrom({ provider: 'ollama', model: 'm', url: 'x' } as never)).toThrow(/has no option url/)
    expect(modelFrom({ provider: 'ollama', model: 'llama3.2' }).endpoint).toBe('http://localhost:11434/v1')
  })
})

describe('how long to wait before another try', () => {
  const now = Date.UTC(2026, 0, 1)
  const headers = (all: Record<string, string>) => (name: string) => all[name] ?? null

  it.each([
    [{ 'retry-after': '7' }, 7_000],
    [{ 'retry-after-ms': '250', 'retry-after': '7' }, 250],
    [{ 'retry-after': 'Thu, 01 Jan 2026 00:00:05 GMT' }, 5_000],
    [{ 'retry-after': 'Wed, 31 Dec 2025 00:00:00 GMT' }, 0],
    [{ 'retry-after': 'soon' }, undefined],
    [{}, undefined],
  ])('%o is %s ms', (all, ms) => {
    expect(retryAfter(headers(all as Record<string, string>), now)).toBe(ms)
  })

  it('is known from the errors of SDKs too', () => {
    expect(retryDelay({ status: 429, headers: new Headers({ 'retry-after': '2' }) }, 1)).toBe(2_000)
    expect(retryDelay({ statusCode: 529, responseHeaders: { 'retry-after': '3' } }, 1)).toBe(3_000)
    expect([1, 2, 3, 9].map((tries) => retryDelay({ status: 503 }, tries))).toEqual([500, 1_000, 2_000, 8_000])
  })

  it('is not waited where it would not help, or for too long', () => {
    for (const error of [{ status: 400 }, { status: 401 }, new Error('no'), undefined])
      expect(retryDelay(error, 1)).toBeUndefined()
    expect(retryDelay(new ModelError('no', 429, 3_600_000), 1)).toBeUndefined()
  })
})
