// What most tests begin with: a scripted server, and a fetch that caches in memory.
import { createCache } from '@granary/core'
import { memory } from '@granary/memory'
import { FakeClock } from '@granary/testkit'
import OpenAI from 'openai'
import { onTestFinished } from 'vitest'
import { type CachedFetch, type CachedFetchOptions, cachedFetch } from '../src/index.js'
import { ScriptedServer } from '../src/testing/index.js'

export interface Opened {
  readonly server: ScriptedServer
  readonly clock: FakeClock
  readonly fetch: CachedFetch
  /** Posts a chat completion and gives the response. */
  readonly chat: (body?: object, headers?: Record<string, string>, signal?: AbortSignal) => Promise<Response>
  /** The text of a chat completion, streamed or not. */
  readonly say: (body?: object, headers?: Record<string, string>) => Promise<string>
  /** The official client, that tries nothing twice. */
  readonly openai: OpenAI
}

export async function open(options: Partial<CachedFetchOptions> = {}): Promise<Opened> {
  const server = await ScriptedServer.start()
  onTestFinished(() => server.close())
  const clock = new FakeClock()
  const fetch = cachedFetch({ cache: createCache({ layers: [memory()], clock }), clock, ...options })
  const chat: Opened['chat'] = (body = {}, headers = {}, signal) =>
    fetch(`${server.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ model: 'gpt-5', messages: [{ role: 'user', content: 'Hello.' }], ...body }),
      ...(signal && { signal }),
    })
  const say: Opened['say'] = async (body, headers) => (await chat(body, headers)).text()
  const openai = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: 'sk-test-0123456789abcdef', fetch, maxRetries: 0 })
  return { server, clock, fetch, chat, say, openai }
}

/** A promise that a test opens, and how often it was waited for. */
export function gate() {
  const { promise, resolve } = Promise.withResolvers<void>()
  return { promise, open: () => resolve() }
}

/** Waits, in turns of the event loop, for what a connection brings. */
export async function until(done: () => boolean): Promise<void> {
  for (let turn = 0; !done(); turn++) {
    if (turn > 5_000) throw new Error('it did not happen')
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
}
