import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Anthropic from '@anthropic-ai/sdk'
import OpenAI from 'openai'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { type CachedFetchOptions, cachedFetch, callInfoOf } from '../src/index.js'
import { ScriptedServer } from '../src/testing/index.js'

const folder = mkdtempSync(join(tmpdir(), 'granary-cassettes-'))
afterAll(() => rmSync(folder, { recursive: true }))

let server: ScriptedServer
let cassette: string
let cassettes = 0
const key = 'sk-proj-0123456789abcdefghij'

beforeEach(async () => {
  server = await ScriptedServer.start()
  cassette = join(folder, 'tests', `${cassettes++}.yaml`)
  return () => server.close()
})

const taped = (mode: 'record' | 'replay', more: Partial<CachedFetchOptions> = {}) =>
  cachedFetch({ cassette, mode, ...more })
const openai = (fetch: typeof globalThis.fetch) =>
  new OpenAI({ baseURL: `${server.url}/v1`, apiKey: key, fetch, maxRetries: 3 })
const ask = (fetch: typeof globalThis.fetch, content: string, more: object = {}) =>
  openai(fetch).chat.completions.create({
    model: 'gpt-5',
    messages: [{ role: 'user', content }],
    ...more,
  } as never) as never as Promise<OpenAI.ChatCompletion>

describe('N5: record and replay', () => {
  it('a recording is replayed when the server is gone, whole and as a stream', async () => {
    const record = taped('record')
    const texts = async (fetch: typeof globalThis.fetch) => {
      const stream = await openai(fetch).chat.completions.create({
        model: 'gpt-5',
        messages: [{ role: 'user', content: 'Two.' }],
        stream: true,
      })
      let streamed = ''
      for await (const chunk of stream) streamed += chunk.choices[0]?.delta.content ?? ''
      return [(await ask(fetch, 'One.')).choices[0]?.message.content, streamed]
    }
    const recorded = await texts(record)
    await server.close()
    expect(await texts(taped('replay'))).toEqual(recorded)
    expect(server.count).toBe(2)
  })

  it('a changed prompt fails, once, with a message that names the change', async () => {
    const record = taped('record')
    await ask(record, 'Summarize the first chapter.')
    await ask(record, 'Translate the first chapter.', { temperature: 0 })
    await server.close()
    const asking = ask(taped('replay', { debug: true }), 'Summarize the second chapter.')
    await expect(asking).rejects.toMatchObject({ status: 412 })
    await expect(asking).rejects.toThrow(
      'body.messages[0].content: recorded "Summarize the first chapter.", asked "Summarize the second chapter."',
    )
    expect(server.count).toBe(2)
  })

  it('fault 46: without debug the message says where, and shows neither prompt', async () => {
    await ask(taped('record'), 'A canary sings.')
    const asking = ask(taped('replay'), 'A canary sleeps.')
    await expect(asking).rejects.toThrow(/body\.messages\[0\]\.content differs, from character 11/)
    await expect(asking).rejects.not.toThrow(/canary/)
  })

  it.each([
    ['a parameter more', { temperature: 0.5 }, /body\.temperature was not there/],
    ['another model', { model: 'gpt-4o' }, /body\.model: recorded "gpt-5", asked "gpt-4o"/],
    [
      'a turn more',
      {
        messages: [
          { role: 'user', content: 'Hi.' },
          { role: 'user', content: 'Ho.' },
        ],
      },
      /body\.messages\[1\] was not there/,
    ],
  ])('names %s', async (_, more, message) => {
    await ask(taped('record'), 'Hi.')
    await expect(ask(taped('replay', { debug: true }), 'Hi.', more)).rejects.toThrow(message)
  })

  it('says so where nothing was recorded', async () => {
    await expect(ask(taped('replay'), 'Hi.')).rejects.toThrow(/no recording of this request in .*\.yaml\. It has none/)
    expect(existsSync(cassette)).toBe(false)
  })

  it('records what is asked twice once, and asks anew in the next recording', async () => {
    const first = taped('record')
    const [a, b] = [await ask(first, 'Hi.'), await ask(first, 'Hi.')]
    expect(a.choices).toEqual(b.choices)
    expect(server.count).toBe(1)
    const c = await ask(taped('record'), 'Hi.')
    expect(server.count).toBe(2)
    expect(c.choices).not.toEqual(a.choices)
    expect((await ask(taped('replay'), 'Hi.')).choices).toEqual(c.choices)
  })

  it('keeps failures that last, and none that pass', async () => {
    const record = taped('record')
    server.next({ status: 400, error: { type: 'invalid_request_error', message: 'too long' } })
    await expect(ask(record, 'Long.')).rejects.toThrow(/too long/)
    server.next({ status: 429, headers: { 'retry-after-ms': '1' } })
    await ask(record, 'Busy.')
    await server.close()
    await expect(ask(taped('replay'), 'Long.')).rejects.toThrow(/too long/)
    expect((await ask(taped('replay'), 'Busy.')).choices[0]?.finish_reason).toBe('stop')
  })

  it('keeps the part of an embedding request as it was asked', async () => {
    const embed = (fetch: typeof globalThis.fetch) =>
      openai(fetch).embeddings.create({ model: 'text-embedding-3-small', input: ['a', 'b'] })
    const recorded = await embed(taped('record'))
    await server.close()
    expect((await embed(taped('replay'))).data).toEqual(recorded.data)
  })

  it('plays a stream as recorded, and tells of its age', async () => {
    const { FakeClock } = await import('@granary/testkit')
    const clock = new FakeClock()
    server.always({ text: 'one two', before: () => clock.advance(250) })
    const body = JSON.stringify({ model: 'm', messages: [], stream: true })
    const post = (fetch: typeof globalThis.fetch) =>
      fetch(`${server.url}/v1/chat/completions`, { method: 'POST', body })
    await (await post(taped('record', { clock }))).text()
    const response = await post(taped('replay', { clock }))
    expect(callInfoOf(response)).toMatchObject({ cached: true, ageMs: 1_250 })
    expect(readFileSync(cassette, 'utf8')).toMatch(/ms: 1250,/)
  })
})

describe('a cassette is a file that diffs well', () => {
  it('has prompts line by line, and an event a line', async () => {
    const prompt = 'Summarize:\n\nIt was the best of times,\nit was the worst of times.'
    const stream = await ask(taped('record'), prompt, { stream: true })
    for await (const _ of stream as never as AsyncIterable<unknown>);
    const text = readFileSync(cassette, 'utf8')
    expect(text).toContain(
      [
        '            content: |-',
        '              Summarize:',
        '',
        '              It was the best of times,',
        '              it was the worst of times.',
      ].join('\n'),
    )
    expect(text.match(/^ {8}- \{ ms: \d+, data: .*\}$/gm)?.length).toBeGreaterThan(6)
    expect(text).toMatch(/ms: \d+, data: "\[DONE\]" \}/)
  })

  it('changes in the lines that concern a change', async () => {
    const first = taped('record')
    for (const prompt of ['One.', 'Two.', 'Three.']) await ask(first, prompt)
    const before = readFileSync(cassette, 'utf8').split('\n')
    await ask(taped('record'), 'Two.')
    const after = readFileSync(cassette, 'utf8').split('\n')
    const changed = after.filter((line, i) => line !== before[i])
    expect(after.length).toBe(before.length)
    expect(changed.length).toBeLessThan(6)
  })

  it('comes back as it was, whatever was sent', async () => {
    const odd = [
      'data: {"a": 1}\n\n',
      ': a comment\n\n',
      'event: x\ndata: {"two":\ndata: "lines"}\n\n',
      'data:{"n":1e21,"z":-0.0,"deep":{"":[null,true]}}\r\n\r\n',
      'data: "quoted"\n\n',
      'data: "no"\n\n',
      'data: {"k":"tab\\t \\u2028 \\u0000 # : - | > yes 1e3 0x1"}\n\n',
      'data: [DONE]\n\n',
    ].join('')
    const upstream = async () => new Response(odd, { headers: { 'content-type': 'text/event-stream' } })
    const post = async (mode: 'record' | 'replay') =>
      (
        await taped(mode, { fetch: upstream })('http://localhost/v1/chat/completions', { method: 'POST', body: '{}' })
      ).text()
    expect(await post('record')).toBe(odd)
    expect(await post('replay')).toBe(odd)
  })

  it('that is none is refused with what to do', () => {
    writeFileSync(join(folder, 'other.yaml'), 'a: 1')
    expect(() => cachedFetch({ cassette: join(folder, 'other.yaml') })).toThrow(
      /is no cassette .* delete it and record it anew/,
    )
    writeFileSync(join(folder, 'broken.yaml'), 'a: [')
    expect(() => cachedFetch({ cassette: join(folder, 'broken.yaml') })).toThrow(/cannot be read/)
  })
})

describe('secrets are scrubbed', () => {
  const secrets = [
    key,
    'sk-ant-api03-abcdefghijklmnop',
    'AIzaSyA1234567890abcdefghijklmnopqrstu',
    'ghp_abcdefghijklmnopqrstuvwxyz0123456789',
    'AKIAIOSFODNN7EXAMPLE',
    'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U',
    'my own password',
  ]

  it('from headers, addresses, prompts, tools and answers', async () => {
    server.always({ text: `You said ${secrets.join(' and ')}.` })
    const fetch = taped('record', { scrub: ['my own password'] })
    await fetch(`${server.url}/v1/chat/completions?key=${secrets[2]}&api-version=2`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'x-api-key': 'short-but-own' },
      body: JSON.stringify({ messages: secrets, api_key: 'anything', note: 'short-but-own' }),
    })
    const text = readFileSync(cassette, 'utf8')
    for (const secret of [...secrets, 'short-but-own', 'anything']) expect(text).not.toContain(secret)
    expect(text).toContain('[scrubbed]')
    expect(text).toContain('api-version=2')
    expect(text).not.toMatch(/authorization|x-api-key|set-cookie/i)
  })

  it('and a recording is found with other credentials', async () => {
    const client = (apiKey: string, mode: 'record' | 'replay') =>
      new Anthropic({ baseURL: server.url, apiKey, fetch: taped(mode) })
    const params = { model: 'claude-sonnet-5', max_tokens: 9 }
    const say = (apiKey: string) => [{ role: 'user' as const, content: `My key is ${apiKey}` }]
    const [mine, theirs] = ['sk-ant-mine-0123456789abc', 'sk-ant-theirs-0123456789']
    const recorded = await client(mine, 'record').messages.create({ ...params, messages: say(mine) })
    await server.close()
    const replayed = await client(theirs, 'replay').messages.create({ ...params, messages: say(theirs) })
    expect(replayed.content).toEqual(recorded.content)
  })

  it('files stand as digests', async () => {
    const bytes = Buffer.alloc(5_000, 7)
    const content = [{ type: 'image_url', image_url: { url: `data:image/png;base64,${bytes.toString('base64')}` } }]
    await ask(taped('record'), content as never)
    const text = readFileSync(cassette, 'utf8')
    expect(text).toMatch(/url: image\/png, 5000 bytes, sha256 [0-9a-f]{64}/)
    expect(text.length).toBeLessThan(2_000)
  })
})
