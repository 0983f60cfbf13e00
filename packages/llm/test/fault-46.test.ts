// Inputs, prompts and values in logs and errors: a canary string appears nowhere unless debug is on.
import { inspect } from 'node:util'
import { type CacheEvent, createCache } from '@granary/core'
import { memory } from '@granary/memory'
import { expect, it, vi } from 'vitest'
import { cachedFetch } from '../src/index.js'
import { article, openWorkers, Summarize } from './workers.js'

const CANARY = 'canary-7f3a'

it('fault 46: no prompt, answer or credential is in events, keys, messages, savings or logs', async () => {
  const logged = vi.spyOn(console, 'log')
  const { server, cache, given, modelOf } = await openWorkers()
  const told: unknown[] = []
  const events: CacheEvent[] = []
  cache.on((event) => events.push(event))

  const fetch = cachedFetch({ cache })
  const post = (body: object, headers: Record<string, string> = {}) =>
    fetch(`${server.url}/v1/chat/completions?key=${CANARY}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${CANARY}`, ...headers },
      body: JSON.stringify({ model: 'gpt-5', messages: [{ role: 'user', content: CANARY }], ...body }),
    })
  server.always({ text: CANARY })
  for (const body of [{}, {}, { stream: true }, { stream: true }]) {
    const response = await post(body)
    await response.text()
    told.push([...response.headers])
  }
  const refused = await post({}, { 'x-granary': `{"mode":"only-if-cached","sample":3}` })
  told.push(await refused.text(), fetch.savings())

  const worker = new Summarize(given({ model: modelOf({ apiKey: CANARY }) }))
  server.always({ text: `{"title":"${CANARY}"}` })
  told.push(await worker.run(article).catch((error: unknown) => error))
  server.always({ status: 400, error: { type: 'invalid_request_error', message: CANARY } })
  told.push(await worker.run(article).catch((error: unknown) => error))
  told.push(await worker.savings(), modelOf({ apiKey: CANARY }), await cache.stats())
  for await (const entry of cache.entries()) told.push(entry)

  expect(events.length).toBeGreaterThan(10)
  expect(inspect([told, events, logged.mock.calls], { depth: 20 })).not.toContain(CANARY)
})

it('fault 46: with debug on the cache, keys are still digests', async () => {
  const cache = createCache({ layers: [memory()], debug: true })
  const events: CacheEvent[] = []
  cache.on((event) => events.push(event))
  const upstream = async () => Response.json({ choices: [{ message: { content: CANARY }, finish_reason: 'stop' }] })
  const fetch = cachedFetch({ cache, fetch: upstream })
  const body = JSON.stringify({ messages: [CANARY] })
  await (await fetch('http://localhost/v1/chat/completions', { method: 'POST', body })).text()
  expect(events.length).toBeGreaterThan(1)
  expect(inspect(events, { depth: 20 })).not.toContain(CANARY)
})
