import { describe, expect, it } from 'vitest'
import { callInfoOf, policyHeaders } from '../src/index.js'
import { gate, open, until } from './open.js'
import { storm } from './storm.js'

describe('in flight', () => {
  it.each([1, 2, 3])(
    '100 equal streams, 50 of them aborted at random: 1 request, 50 identical transcripts (seed %i)',
    async (seed) => {
      const { aborted, ...outcome } = await storm(seed)
      console.log(`seed ${seed}: ${JSON.stringify(outcome)}, ${aborted} aborted`)
      expect(outcome).toEqual({ requests: 1, transcripts: 50, different: 1, isComplete: true })
      expect(aborted).toBeGreaterThan(30)
    },
  )

  it('a later caller joins a running stream from its start', async () => {
    const { server, chat } = await open()
    const block = gate()
    server.always({ text: 'one two three', before: (event) => (event > 2 ? block.promise : undefined) })
    const first = (await chat({ stream: true })).body?.getReader()
    const decoder = new TextDecoder()
    for (let seen = ''; !seen.includes('one'); ) seen += decoder.decode((await first?.read())?.value)
    const second = await chat({ stream: true })
    expect(callInfoOf(second)).toMatchObject({ cached: false, joined: true })
    block.open()
    const text = await second.text()
    expect(text).toContain('"content":"one "')
    expect(text).toContain('[DONE]')
    expect(server.count).toBe(1)
  })

  it('whole answers are shared, and what was saved is said', async () => {
    const { server, chat, fetch } = await open()
    server.always({ usage: { input: 10, output: 5 } })
    const infos = await Promise.all(Array.from({ length: 5 }, async () => callInfoOf(await chat())))
    expect(server.count).toBe(1)
    expect(infos.filter((info) => info?.joined && info.tokensSaved === 15)).toHaveLength(4)
    expect(fetch.savings()).toMatchObject({ calls: 1, joined: 4, savedTokens: { inputTokens: 40 } })
  })

  it('the last caller to leave ends the request, and nothing is stored', async () => {
    const { server, chat } = await open()
    const block = gate()
    server.next({ before: (event) => (event > 3 ? block.promise : undefined) })
    const controllers = [new AbortController(), new AbortController()]
    const responses = await Promise.all(controllers.map(({ signal }) => chat({ stream: true }, {}, signal)))
    controllers[0]?.abort()
    await expect(responses[0]?.text()).rejects.toThrow()
    expect(server.left).toBe(0)
    // Leaving is also to stop reading.
    await responses[1]?.body?.cancel()
    await until(() => server.left === 1)
    block.open()
    expect(await (await chat({ stream: true })).text()).toContain('[DONE]')
    expect(server.count).toBe(2)
  })

  it('a caller that aborts before the provider has begun to answer gets its own reason', async () => {
    const { server, chat } = await open()
    const block = gate()
    server.next({ status: 200, before: () => block.promise })
    const controller = new AbortController()
    const asking = chat({ stream: true }, {}, controller.signal)
    const reason = new Error('enough')
    controller.abort(reason)
    await expect(asking).rejects.toBe(reason)
    await expect(chat({}, {}, AbortSignal.abort(reason))).rejects.toBe(reason)
    block.open()
  })

  it('P1: what was cleared meanwhile is not joined', async () => {
    const { server, chat, fetch } = await open()
    const block = gate()
    server.next({ before: (event) => (event > 3 ? block.promise : undefined) })
    const before = await chat({ stream: true })
    await fetch.clear()
    const after = await chat({ stream: true })
    expect(await after.text()).toContain('"content":"2, "')
    block.open()
    expect(await before.text()).toContain('"content":"1, "')
    expect(await (await chat({ stream: true })).text()).toContain('"content":"2, "')
    expect(server.count).toBe(2)
  })

  it('a refresh does not join what may be a hit, and later callers join the refresh', async () => {
    const { server, chat } = await open()
    await chat()
    const block = gate()
    server.next({ before: () => block.promise })
    await chat({ stream: true }, policyHeaders({ mode: 'refresh' }))
    const joined = await chat({ stream: true })
    expect(callInfoOf(joined)?.joined).toBe(true)
    block.open()
    await joined.text()
    expect(server.count).toBe(2)
  })

  it('a failure is every caller’s, and the next one asks again', async () => {
    const { server, chat } = await open()
    server.next({
      status: 429,
      headers: { 'retry-after': '7' },
      error: { type: 'rate_limit_error', message: 'slow down' },
    })
    const both = await Promise.all([chat(), chat()])
    expect(both.map(({ status, headers }) => [status, headers.get('retry-after')])).toEqual([
      [429, '7'],
      [429, '7'],
    ])
    expect((await chat()).status).toBe(200)
    expect(server.count).toBe(2)
  })

  it('a provider that is gone is an error like without a cache', async () => {
    const { server, chat } = await open()
    await server.close()
    const asking = [chat(), chat({ stream: true })]
    for (const outcome of await Promise.allSettled(asking)) expect(outcome.status).toBe('rejected')
  })
})
