// The policies of a cache of LLM calls, each from a complaint about one that has it otherwise.
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createCache } from '@granary/core'
import { memory } from '@granary/memory'
import { describe, expect, it, vi } from 'vitest'
import { type CallPolicy, cachedFetch, callInfoOf, policyHeaders, type Unstorable } from '../src/index.js'
import type { Reply } from '../src/testing/index.js'
import { gate, open, until } from './open.js'

describe('policy: only what is complete and useful is stored; all else is given, and counted with its reason', () => {
  const replies: readonly (readonly [what: string, reply: Reply, reason: Unstorable])[] = [
    ['truncated by the limit of tokens', { finish: 'length' }, 'truncated'],
    ['ended by a content filter', { finish: 'content-filter' }, 'filtered'],
    ['refused', { finish: 'refusal' }, 'filtered'],
    ['ended for another reason', { finish: 'pause' }, 'unfinished'],
    ['empty', { text: ' ' }, 'empty'],
    ['no JSON', { body: '<html>try later</html>' }, 'error'],
    ['a status of failure', { status: 500 }, 'status'],
  ]

  it.each(replies)('%s', async (_, reply, reason) => {
    const { server, fetch, chat } = await open()
    server.next(reply)
    const first = await chat()
    expect(first.status).toBe(reply.status ?? 200)
    expect(await first.text()).toContain(reply.body ?? '{')
    expect(fetch.savings().unstored).toEqual({ [reason]: 1 })
    const second = await chat()
    expect(await second.text()).toContain('answer 2')
    expect(callInfoOf(second)?.cached).toBe(false)
    expect(callInfoOf(await chat())?.cached).toBe(true)
    expect(server.count).toBe(2)
  })

  const streams: readonly (readonly [what: string, reply: Reply, reason: Unstorable])[] = [
    ...replies.filter(([, { body, status }]) => body === undefined && status === undefined),
    ['without a terminal event', { broken: { after: 4, by: 'end' } }, 'incomplete'],
    ['with an error inside', { broken: { after: 4, by: 'error' } }, 'error'],
  ]

  it.each(streams)('a stream that is %s', async (_, reply, reason) => {
    const { server, fetch, say } = await open()
    server.next(reply)
    await say({ stream: true })
    expect(fetch.savings().unstored).toEqual({ [reason]: 1 })
    expect(await say({ stream: true })).toContain('[DONE]')
    await say({ stream: true })
    expect(server.count).toBe(2)
  })

  it('a stream whose connection is cut gives its error to the caller', async () => {
    const { server, say } = await open()
    server.next({ broken: { after: 4, by: 'cut' } })
    await expect(say({ stream: true })).rejects.toThrow()
    expect(await say({ stream: true })).toContain('[DONE]')
    expect(server.count).toBe(2)
  })

  it('what was asked for as JSON, and is none', async () => {
    const { server, fetch, say } = await open()
    const body = { response_format: { type: 'json_object' } }
    server.next({ text: 'Sure! {"a": 1' })
    await say(body)
    expect(fetch.savings().unstored).toEqual({ invalid: 1 })
    server.always({ text: '{"a": 1}' })
    await say(body)
    await say(body)
    expect(server.count).toBe(2)
  })

  it('tool calls without text are useful', async () => {
    const { server, say } = await open()
    server.always({ toolCalls: [{ name: 'now', arguments: {} }] })
    expect(await say()).toBe(await say())
    expect(server.count).toBe(1)
  })
})

describe('policy: sampling', () => {
  it('an omitted temperature is not temperature 0', async () => {
    const { server, say } = await open()
    expect(await say()).not.toBe(await say({ temperature: 0 }))
    expect(server.count).toBe(2)
  })

  it('several samples of one prompt are entries of their own', async () => {
    const { server, say } = await open()
    const sample = (n: number) => say({}, policyHeaders({ sample: n }))
    const three = [await sample(0), await sample(1), await sample(2)]
    expect(new Set(three).size).toBe(3)
    expect([await sample(0), await sample(1), await sample(2)]).toEqual(three)
    expect(await say()).toBe(three[0])
    expect(server.count).toBe(3)
  })
})

describe('policy: per call', () => {
  const modes: readonly (readonly [policy: CallPolicy, upstream: number, cached: boolean | undefined])[] = [
    [{ mode: 'use' }, 0, true],
    [{ mode: 'refresh' }, 1, false],
    [{ mode: 'bypass' }, 1, undefined],
    [{ mode: 'read-only' }, 0, true],
    [{ mode: 'only-if-cached' }, 0, true],
    [{ maxAge: '10m' }, 0, true],
    [{ maxAge: '1m' }, 1, false],
    [{ scope: 'tenant' }, 1, false],
  ]

  it.each(modes)('%o, by a header that the provider does not see', async (policy, upstream, cached) => {
    const { server, chat, clock } = await open()
    await chat()
    clock.advance('5m')
    const response = await chat({}, policyHeaders(policy))
    await response.text()
    expect(server.count - 1).toBe(upstream)
    expect(callInfoOf(response)?.cached).toBe(cached)
    for (const { headers } of server.received) expect(headers).not.toHaveProperty('x-granary')
  })

  it.each(modes)('%o, by the code around it', async (policy, upstream) => {
    const { server, fetch, openai, clock } = await open()
    const ask = () =>
      openai.chat.completions.create({ model: 'gpt-5', messages: [{ role: 'user', content: 'Hello.' }] })
    await ask()
    clock.advance('5m')
    await fetch.with(policy, async () => {
      await Promise.resolve()
      return ask()
    })
    expect(server.count - 1).toBe(upstream)
    await ask()
    expect(server.count - 1).toBe(upstream)
  })

  it('read-only does not store, and bypass shares nothing', async () => {
    const { server, say } = await open()
    await say({}, policyHeaders({ mode: 'read-only' }))
    await say({}, policyHeaders({ mode: 'bypass' }))
    await say()
    expect(server.count).toBe(3)
  })

  it('refresh replaces what is there', async () => {
    const { say } = await open()
    const first = await say()
    const fresh = await say({}, policyHeaders({ mode: 'refresh' }))
    expect(fresh).not.toBe(first)
    expect(await say()).toBe(fresh)
  })

  it('ttl: one day unless told otherwise', async () => {
    const { server, say, clock } = await open()
    await say()
    await say({ seed: 1 }, policyHeaders({ ttl: '1h' }))
    clock.advance('23h')
    await say()
    expect(server.count).toBe(2)
    await say({ seed: 1 })
    clock.advance('1h')
    await say()
    expect(server.count).toBe(4)
  })

  it('the header goes before the surrounding policy, and that before the options', async () => {
    const { server, fetch, chat } = await open({ sample: 1 })
    const sampleOf = async (response: Promise<Response>) => callInfoOf(await response)?.sample
    expect(await sampleOf(chat())).toBe(1)
    expect(await fetch.with({ sample: 2 }, () => sampleOf(chat()))).toBe(2)
    expect(await fetch.with({ sample: 2 }, () => fetch.with({ ttl: '1h' }, () => sampleOf(chat())))).toBe(2)
    expect(await fetch.with({ sample: 2 }, () => sampleOf(chat({}, policyHeaders({ sample: 3 }))))).toBe(3)
    expect(server.count).toBe(3)
  })

  it('a policy that is none is an answer with the reason, and no request', async () => {
    const { server, chat } = await open()
    for (const header of ['refresh', '{"mode":"often"}', '{"ttl":0}', '{"sample":-1}', '{"scope":""}']) {
      const response = await chat({}, { 'x-granary': header })
      expect(response.status).toBe(400)
      expect(await response.text()).toMatch(/INVALID_OPTION/)
    }
    expect(server.count).toBe(0)
    expect(() => policyHeaders({ mode: 'often' as 'use' })).toThrow(/no mode often/)
    expect(() => cachedFetch({})).toThrow(/needs a cache, or a cassette/)
  })

  it('a scope may be any text', async () => {
    const { server, say } = await open()
    await say({}, policyHeaders({ scope: 'Müller 🏠 "x"' }))
    await say({}, policyHeaders({ scope: 'Müller 🏠 "x"' }))
    expect(server.count).toBe(1)
  })
})

describe('policy: a scope is a hard partition', () => {
  it('no spelling of one reaches into another', async () => {
    const { server, say } = await open()
    const scopes = ['a', 'a:b', '1:a', 'a\u0001', 'A', 'unscoped', 'scope', '["a"]', undefined]
    for (const scope of scopes) await say({}, scope === undefined ? {} : policyHeaders({ scope }))
    expect(server.count).toBe(scopes.length)
    for (const scope of scopes) await say({}, scope === undefined ? {} : policyHeaders({ scope }))
    expect(server.count).toBe(scopes.length)
  })

  it('one can be cleared without the others', async () => {
    const { server, fetch, say } = await open()
    const ask = (scope?: string) => say({}, scope === undefined ? {} : policyHeaders({ scope }))
    for (const scope of ['a', 'b', undefined]) await ask(scope)
    await fetch.clear('a')
    for (const scope of ['a', 'b', undefined]) await ask(scope)
    expect(server.count).toBe(4)
    await fetch.clear()
    for (const scope of ['a', 'b', undefined]) await ask(scope)
    expect(server.count).toBe(5)
  })

  it('is one for embeddings too', async () => {
    const { server, openai } = await open()
    const embed = (scope: string) =>
      openai.embeddings.create({ model: 'm', input: 'a' }, { headers: policyHeaders({ scope }) })
    await embed('a')
    await embed('b')
    await embed('a')
    expect(server.count).toBe(2)
  })
})

describe('policy: a fallback is stored under the model that answered', () => {
  it('and the one that was asked is asked again', async () => {
    const { server, say } = await open()
    const asked = { model: 'first', models: ['first', 'second'] }
    server.next({ model: 'second' })
    const byFallback = await say(asked)
    expect(await say({ model: 'second' })).toBe(byFallback)
    expect(server.count).toBe(1)
    expect(await say(asked)).not.toBe(byFallback)
    expect(server.count).toBe(2)
    await say(asked)
    expect(server.count).toBe(2)
  })

  it('P1: but not if it was cleared meanwhile', async () => {
    const { server, fetch, chat, say } = await open()
    const block = gate()
    server.next({ model: 'second', before: () => block.promise })
    const asking = await chat({ model: 'first', models: ['first', 'second'], stream: true })
    await fetch.clear()
    block.open()
    const byFallback = await asking.text()
    expect(await say({ model: 'second', stream: true })).not.toBe(byFallback)
    expect(server.count).toBe(2)
  })

  it('a version of the model that was asked is not another', async () => {
    const { server, say } = await open()
    server.always({ model: 'gpt-5-2025-08-07' })
    await say({ models: ['gpt-5', 'gpt-4o'] })
    await say({ models: ['gpt-5', 'gpt-4o'] })
    await say()
    await say()
    expect(server.count).toBe(2)
  })
})

describe('policy: the caller can see a hit', () => {
  it('cached, age, key, sample, tokens and cost saved', async () => {
    const { server, chat, clock, fetch } = await open({ prices: { 'gpt-5': { input: 2, output: 10 } } })
    server.always({ usage: { input: 1_000, output: 500 } })
    const first = callInfoOf(await chat())
    expect(first).toMatchObject({ cached: false, joined: false, ageMs: 0, tokensSaved: 0, costSaved: 0 })
    clock.advance('90s')
    const info = callInfoOf(await chat())
    expect(info).toEqual({
      cached: true,
      joined: false,
      ageMs: 90_000,
      key: expect.stringMatching(/^[0-9a-f]{64}$/),
      sample: 0,
      tokensSaved: 1_500,
      costSaved: 0.007,
    })
    expect(info?.key).toBe(first?.key)
    expect(fetch.savings()).toMatchObject({ calls: 1, hits: 1, spentCost: 0.007, savedCost: 0.007 })
  })
})

describe('policy: replay of a stream', () => {
  const drained = async (response: Response, after: (text: string) => void) => {
    const decoder = new TextDecoder()
    for await (const chunk of response.body as AsyncIterable<Uint8Array>) after(decoder.decode(chunk))
  }

  /** Six events, the first after 100 ms of the clock, and each 100 ms after the one before it has come. */
  async function recorded() {
    const opened = await open()
    let seen = 0
    opened.server.always({
      text: 'one two three',
      async before(event) {
        await until(() => seen >= event)
        opened.clock.advance(100)
      },
    })
    await drained(await opened.chat({ stream: true }), () => seen++)
    return opened
  }

  it('at once', async () => {
    const { chat, clock } = await recorded()
    const began = clock.now()
    await drained(await chat({ stream: true }), () => {})
    expect(clock.now()).toBe(began)
  })

  it.each([
    ['as recorded', 'recorded', 600],
    ['with a set delay', '40ms', 200],
  ] as const)('%s', async (_, pace, lasts) => {
    const { chat, clock } = await recorded()
    const began = clock.now()
    const events: number[] = []
    const draining = drained(await chat({ stream: true }, policyHeaders({ pace })), () =>
      events.push(clock.now() - began),
    )
    let isDone = false
    void draining.then(() => {
      isDone = true
    })
    for (let i = 0; i < 200 && !isDone; i++) {
      await new Promise((resolve) => setImmediate(resolve))
      if (clock.pending > 0) clock.advance(20)
    }
    await draining
    expect(events).toHaveLength(6)
    expect(events.every((at, i) => i === 0 || at > (events[i - 1] as number))).toBe(true)
    expect(clock.now() - began).toBe(lasts)
    expect(clock.pending).toBe(0)
  })
})

describe('policy: what depends on a state at the provider passes by', () => {
  it.each([
    ['responses', { conversation: 'conv_1' }],
    ['responses', { background: true }],
    ['messages', { container: 'container_1' }],
  ])('%s with %o', async (path, body) => {
    const { server, fetch } = await open()
    const init = { method: 'POST', body: JSON.stringify({ model: 'm', input: 'Hello.', ...body }) }
    for (let i = 0; i < 2; i++) await (await fetch(`${server.url}/v1/${path}`, init)).text()
    expect(server.count).toBe(2)
  })
})

describe('policy: what is no call of a model is left alone', () => {
  it.each([
    ['another path', '/v1/models', 'GET', undefined],
    ['another method', '/v1/chat/completions', 'GET', undefined],
    ['a body that is no JSON', '/v1/chat/completions', 'POST', 'hello'],
    ['a body that is no text', '/v1/chat/completions', 'POST', new FormData()],
  ] as const)('%s', async (_, path, method, body) => {
    const upstream = vi.fn(async () => new Response('as it is'))
    const fetch = cachedFetch({ cache: createCache({ layers: [memory()] }), fetch: upstream })
    const init = { method, ...(body === undefined ? {} : { body }) }
    for (let i = 0; i < 2; i++) expect(await (await fetch(`http://localhost${path}`, init)).text()).toBe('as it is')
    expect(upstream).toHaveBeenCalledTimes(2)
    expect(upstream).toHaveBeenLastCalledWith(`http://localhost${path}`, init)
  })

  it('and so is a call of which no key can be made', async () => {
    const { server, fetch } = await open()
    const deep = `${'['.repeat(200)}${']'.repeat(200)}`
    const init = { method: 'POST', body: `{"model":"m","messages":[],"deep":${deep}}` }
    for (let i = 0; i < 2; i++) expect((await fetch(`${server.url}/v1/chat/completions`, init)).status).toBe(200)
    expect(server.count).toBe(2)
  })

  it('but for a policy that came with it', async () => {
    const upstream = vi.fn(async () => new Response('as it is'))
    const fetch = cachedFetch({ cache: createCache({ layers: [memory()] }), fetch: upstream })
    await fetch('http://localhost/v1/models', { headers: { ...policyHeaders({ mode: 'refresh' }), accept: 'json' } })
    const [, init] = upstream.mock.lastCall as unknown as [string, { headers: Headers }]
    expect([...init.headers]).toEqual([['accept', 'json']])
  })

  it('a Request is read as well as its parts', async () => {
    const { server, fetch, say } = await open()
    const text = await say()
    const body = JSON.stringify({ model: 'gpt-5', messages: [{ role: 'user', content: 'Hello.' }] })
    const request = new Request(`${server.url}/v1/chat/completions`, { method: 'POST', body })
    expect(await (await fetch(request)).text()).toBe(text)
    expect(server.count).toBe(1)
  })
})

describe('policy: the modes record and replay need a cassette', () => {
  it('and say so', async () => {
    const { chat } = await open()
    const response = await chat({}, policyHeaders({ mode: 'replay' }))
    expect(await response.text()).toMatch(/need a file: cachedFetch\(\{ cassette/)
  })

  it('one call can be recorded where the others are cached', async () => {
    const cassette = join(mkdtempSync(join(tmpdir(), 'granary-llm-')), 'one.yaml')
    const { server, say, fetch } = await open({ cassette })
    await say()
    const text = await say({}, policyHeaders({ mode: 'record' }))
    expect(fetch.cassette?.size).toBe(1)
    expect(await say({}, policyHeaders({ mode: 'replay' }))).toBe(text)
    expect(server.count).toBe(2)
  })
})

it('policy: an abort is the caller’s own, also while a stream is played', async () => {
  const { server, chat, clock } = await open()
  const block = gate()
  server.next({ before: (event) => (event > 3 ? block.promise : undefined) })
  const leaving = new AbortController()
  const [left, stays] = [await chat({ stream: true }, {}, leaving.signal), await chat({ stream: true })]
  leaving.abort(new Error('gone'))
  await expect(left.text()).rejects.toThrow('gone')
  block.open()
  expect(await stays.text()).toContain('[DONE]')
  const second = new AbortController()
  const slow = await chat({ stream: true }, policyHeaders({ pace: '1h' }), second.signal)
  const reading = slow.text()
  await until(() => clock.pending > 0)
  second.abort(new Error('bored'))
  await expect(reading).rejects.toThrow('bored')
  expect(clock.pending).toBe(0)
  expect(server.count).toBe(1)
})
