import { describe, expect, it } from 'vitest'
import { readRequest } from '../src/request.js'
import { type KeyOptions, keyParts, requestKey } from '../src/request-key.js'

const URL_OF_CHAT = 'https://api.openai.com/v1/chat/completions'

async function keyOf(
  body: object,
  {
    url = URL_OF_CHAT,
    headers = {},
    sample = 0,
    ...options
  }: KeyOptions & { url?: string; headers?: object; sample?: number } = {},
): Promise<string> {
  const init = { method: 'POST', headers: headers as Record<string, string>, body: JSON.stringify(body) }
  const request = await readRequest(url, init)
  if (request === undefined) throw new Error('it is no call of a model')
  return requestKey(keyParts(request, options), sample)
}

const body = { model: 'gpt-5', messages: [{ role: 'user', content: 'Hello.' }] }

describe('fact 5: what is in the key', () => {
  it.each([
    ['the endpoint', body, { url: 'https://example.org/v1/chat/completions' }],
    ['its version', body, { url: `${URL_OF_CHAT}?api-version=2` }],
    ['another protocol', body, { url: 'https://api.openai.com/v1/responses' }],
    ['anthropic-version', body, { headers: { 'anthropic-version': '2023-06-01' } }],
    ['anthropic-beta', body, { headers: { 'anthropic-beta': 'a' } }],
    ['a header that the user names', body, { headers: { 'x-route': 'eu' }, keyHeaders: ['x-route'] }],
    ['the sample', body, { sample: 1 }],
    ['a parameter that nobody knows yet', { ...body, next_years_parameter: true }, {}],
    ['a temperature', { ...body, temperature: 0 }, {}],
    ['stream', { ...body, stream: true }, {}],
    ['false where there was nothing', { ...body, stream: false }, {}],
    ['the order of messages', { ...body, messages: [...body.messages, ...body.messages] }, {}],
    ['white space', { ...body, messages: [{ role: 'user', content: 'Hello. ' }] }, {}],
  ] as const)('%s', async (_, changed, options) => {
    expect(await keyOf(changed, options)).not.toBe(await keyOf(body))
  })

  it.each([
    ['credentials', body, { headers: { authorization: 'Bearer a', 'x-api-key': 'b', cookie: 'c' } }],
    ['credentials in the address', body, { url: `${URL_OF_CHAT}?key=abc` }],
    [
      'user-agent, x-stainless-*, request ids',
      body,
      { headers: { 'user-agent': 'x', 'x-stainless-os': 'y', 'x-request-id': 'z', 'idempotency-key': '1' } },
    ],
    [
      'who asks',
      { ...body, user: 'me', metadata: { a: 1 }, safety_identifier: 'x', prompt_cache_key: 'y', service_tier: 'flex' },
      {},
    ],
    ['what the user leaves out', { ...body, trace: 7 }, { ignore: ['trace'] }],
  ] as const)('not in it: %s', async (_, changed, options) => {
    expect(await keyOf(changed, options)).toBe(await keyOf(body))
  })

  it('not in it: the order of properties, however deep, of headers that are lists, and of a query', async () => {
    expect(await keyOf({ messages: [{ content: 'Hello.', role: 'user' }], model: 'gpt-5' })).toBe(await keyOf(body))
    const beta = (value: string) => keyOf(body, { headers: { 'anthropic-beta': value } })
    expect(await beta('b, a')).toBe(await beta('a,b'))
    expect(await keyOf(body, { url: `${URL_OF_CHAT}?a=1&b=2` })).toBe(
      await keyOf(body, { url: `${URL_OF_CHAT}?b=2&a=1` }),
    )
  })

  it('an abort signal is none of it', async () => {
    const init = { method: 'POST', body: JSON.stringify(body), signal: new AbortController().signal }
    const request = await readRequest(URL_OF_CHAT, init)
    expect(requestKey(keyParts(request as NonNullable<typeof request>), 0)).toBe(await keyOf(body))
  })
})

describe('fact 5: files count by their bytes', () => {
  const bytes = Buffer.from(Array.from({ length: 300 }, (_, i) => i % 256))
  const base64 = bytes.toString('base64')
  const spelled = (base64.match(/.{1,76}/g) ?? []).join('\r\n')
  const forms: readonly (readonly [string, (data: string) => object])[] = [
    [
      'image_url',
      (data) => ({ content: [{ type: 'image_url', image_url: { url: `data:image/png;base64,${data}` } }] }),
    ],
    ['input_image', (data) => ({ input: [{ type: 'input_image', image_url: `data:image/png;base64,${data}` }] })],
    ['source', (data) => ({ content: [{ type: 'image', source: { type: 'base64', media_type: 'image/png', data } }] })],
    ['input_audio', (data) => ({ content: [{ type: 'input_audio', input_audio: { data, format: 'wav' } }] })],
    ['images of ollama', (data) => ({ messages: [{ role: 'user', images: [data] }] })],
    ['file_data', (data) => ({ file: { file_data: `data:application/pdf;base64,${data}` } })],
  ]

  it.each(forms)('%s', async (_, form) => {
    const key = await keyOf(form(base64))
    expect(await keyOf(form(spelled))).toBe(key)
    const other = Buffer.from(bytes)
    other[299] = 1
    expect(await keyOf(form(other.toString('base64')))).not.toBe(key)
  })

  it('text that looks like base64 is text', async () => {
    const say = (content: string) => keyOf({ messages: [{ role: 'user', content }] })
    expect(await say('QQ==')).not.toBe(await say('QR=='))
    expect(await say('data: the first, data: the second')).not.toBe(await say('data: the second, data: the first'))
  })
})
