import { hash } from 'node:crypto'
import { createCache } from '@granary/core'
import { type CachedFetch, cachedFetch } from '@granary/llm'
import { memory } from '@granary/memory'
import type { Case, Contest, Side } from '../case.js'
import { HOT, pick } from '../samples.js'

const URL_OF_CHAT = 'http://localhost/v1/chat/completions'
const HEADERS = { 'content-type': 'application/json' }

/** A request of some 400 bytes. */
function requestOf(index: number): string {
  const system = {
    role: 'system',
    content: 'You are a careful assistant that answers in one short sentence of plain text.',
  }
  const user = {
    role: 'user',
    content: `What does chapter ${1_000 + index} say of the quick brown fox, and of the lazy dog?`,
  }
  return JSON.stringify({ model: 'gpt-5-mini', messages: [system, user], temperature: 0.2, max_completion_tokens: 200 })
}

/** Its answer, of some 500 bytes. */
function answerOf(index: number): string {
  const content = `Chapter ${1_000 + index} says that the fox jumps over the dog, ${'again and again, '.repeat(12)}and nobody wonders.`
  const usage = { prompt_tokens: 60, completion_tokens: 50, total_tokens: 110 }
  const choices = [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }]
  return JSON.stringify({ id: `chatcmpl-${index}`, object: 'chat.completion', model: 'gpt-5-mini', choices, usage })
}

const requests = Array.from({ length: HOT }, (_, index) => requestOf(index))

function repeated(one: (index: number) => Promise<string>): Side {
  return {
    async run(operations) {
      for (let at = 0; at < operations; at++) if ((await one(pick(at))).length === 0) throw new Error('no answer')
    },
    answer: (index) => one(pick(index)),
    expected: (index) => answerOf(pick(index)),
  }
}

/** Hits through the fetch: the body read, as an SDK does. */
async function fetchHits(): Promise<Side> {
  let asked = -1
  const provider = async () => new Response(answerOf(asked), { headers: HEADERS })
  const fetch: CachedFetch = cachedFetch({ cache: createCache({ layers: [memory()] }), fetch: provider })
  const ask = async (index: number) =>
    (await fetch(URL_OF_CHAT, { method: 'POST', headers: HEADERS, body: requests[index] as string })).text()
  for (asked = 0; asked < HOT; asked++) await ask(asked)
  return repeated(ask)
}

/** The cache's own hit, of an answer like the one that the fetch keeps. */
async function cacheHits(
  key: (index: number) => string,
  give: (text: string) => Promise<string> | string,
): Promise<Side> {
  const cache = createCache({ layers: [memory()] })
  const miss = (): never => {
    throw new Error('not a hit')
  }
  for (let index = 0; index < HOT; index++) await cache.set(key(index), { at: 0, events: [[0, answerOf(index)]] })
  return repeated(async (index) => {
    const { events } = await cache.getOrCompute<{ events: [number, string][] }>(key(index), miss)
    return give(events[0]?.[1] ?? '')
  })
}

const keys = Array.from({ length: HOT }, (_, index) => hash('sha256', requestOf(index)))

const common = {
  id: 'L1',
  subject: 'cachedFetch, body read',
  measure: 'time',
  clock: 'thread',
  most: 20_000,
} as const

export const llmHits: readonly Case[] = [
  {
    ...common,
    name: 'L1-cache',
    what: 'LLM hit through the fetch, against the cache’s own hit',
    reference: 'getOrCompute(key)',
    open: async (): Promise<Contest> => ({
      subject: await fetchHits(),
      reference: await cacheHits(
        (index) => keys[index] as string,
        (text) => text,
      ),
    }),
  },
  {
    ...common,
    name: 'L1-least',
    what: 'LLM hit through the fetch, against the least that a caching fetch has to do',
    reference: 'JSON.parse and SHA-256 of the body, getOrCompute, new Response, read',
    open: async (): Promise<Contest> => ({
      subject: await fetchHits(),
      reference: await cacheHits(
        (index) => {
          JSON.parse(requests[index] as string)
          return hash('sha256', requests[index] as string)
        },
        (text) => new Response(text, { headers: HEADERS }).text(),
      ),
    }),
  },
]
