import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createCache, defineTask, type TaskOf } from '@granary/core'
import { memory } from '@granary/memory'
import { openCache } from 'granary'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { CachedLLMTaskWorker, cachedFetch, type Exchange, fallback, type Tool } from '../src/index.js'
import { until } from './open.js'
import { Article, article, GOOD, openWorkers, Summarize, Summary } from './workers.js'

describe('G4: a worker that asks a model', () => {
  it.each(['openai-compatible', 'openai', 'anthropic', 'ollama'] as const)(
    'asks %s once for equal tasks',
    async (provider) => {
      const { server, given, modelOf } = await openWorkers()
      const worker = new Summarize(given({ model: modelOf({ provider }) }))
      const first = await worker.run(article)
      expect(first).toEqual([Summary({ title: 'A title', points: ['one', 'two'] })])
      expect(await worker.run(Article({ text: article.text }))).toEqual(first)
      expect(server.count).toBe(1)
      await worker.run(Article({ text: 'Another.' }))
      expect(server.count).toBe(2)
    },
  )

  it('gives the model the prompt, the data and the schema of the answer', async () => {
    class Polite extends Summarize {
      override readonly systemPrompt = 'You are polite.'
      override readonly temperature = 0.2
      override readonly maxTokens = 300
      override readonly parameters = { seed: 7 }
    }
    const { server, given } = await openWorkers()
    await new Polite(given()).run(article)
    expect(server.received[0]?.body).toMatchObject({
      model: 'gpt-5',
      messages: [
        { role: 'system', content: 'You are polite.' },
        {
          role: 'user',
          content: expect.stringMatching(/^Summarize this article\.\n\n\{\n {2}"text": "It was the best/),
        },
      ],
      response_format: {
        type: 'json_schema',
        json_schema: { name: 'summary', strict: true, schema: { required: ['title', 'points'] } },
      },
      temperature: 0.2,
      max_tokens: 300,
      seed: 7,
    })
  })

  it('an omitted temperature is not sent', async () => {
    const { server, given } = await openWorkers()
    await new Summarize(given()).run(article)
    expect(server.received[0]?.body).not.toHaveProperty('temperature')
  })

  it('cacheTtl is a day unless it is said otherwise, by caching.ttl last', async () => {
    const { server, given, clock } = await openWorkers()
    class Short extends Summarize {
      override readonly name: string = 'short'
      override readonly cacheTtl = '1h'
    }
    const workers = [
      new Summarize(given()),
      new Short(given()),
      new Short(given({ caching: { ttl: '10m', version: '2' } })),
    ]
    const asked: number[] = []
    for (const after of [0, '5m', '6m', '50m', '22h', '2h'] as const) {
      if (after !== 0) clock.advance(after)
      const before = server.count
      for (const worker of workers) await worker.run(article)
      asked.push(server.count - before)
    }
    expect(asked).toEqual([3, 0, 1, 2, 2, 3])
  })

  it('builds the prompt once for a task, for its key and its question', async () => {
    let built = 0
    class Counting extends Summarize {
      override formatPrompt(task: Article) {
        built++
        return super.formatPrompt(task)
      }
    }
    const { given } = await openWorkers()
    const worker = new Counting(given())
    worker.key(article)
    await worker.run(article)
    await worker.run(article)
    await worker.isCached(article)
    expect(built).toBe(1)
  })

  it('preProcess says what the model is shown, and postProcess what is published of its answer', async () => {
    const Verdict = defineTask('verdict', z.object({ good: z.boolean() }))
    type Verdict = TaskOf<typeof Verdict>
    const Note = defineTask('note', z.object({ text: z.string() }))
    type Note = TaskOf<typeof Note>
    class Judge extends CachedLLMTaskWorker<Article, Note, Verdict> {
      readonly name = 'judge'
      readonly inputType = Article
      readonly outputTypes = [Note]
      override readonly answerType = Verdict
      readonly prompt = 'Is it good?'
      override preProcess(task: Article) {
        return { beginning: task.text.slice(0, 6) }
      }
      override postProcess({ good }: Verdict, task: Article) {
        return [Note({ text: `${task.text.length} characters` }), Note({ text: good ? 'good' : 'bad' })]
      }
    }
    const { server, given } = await openWorkers()
    server.always({ text: '```json\n{"good": true}\n```' })
    const worker = new Judge(given())
    expect(await worker.run(article)).toEqual([Note({ text: '25 characters' }), Note({ text: 'good' })])
    expect(server.received[0]?.body.messages[0].content).toBe('Is it good?\n\n{\n  "beginning": "It was"\n}')
    await worker.run(article)
    expect(server.count).toBe(1)
  })

  it('a subclass that replaces parts of the key keeps model, prompt and schema in it', async () => {
    class Keyed extends Summarize {
      override getCacheKey(task: Article) {
        return [task.text.length]
      }
      override extraCacheKey() {
        return ['more']
      }
    }
    const { given, modelOf } = await openWorkers()
    const keys = [given(), given({ model: modelOf({ model: 'gpt-4o' }) })].map((options) =>
      new Keyed(options).key(article),
    )
    expect(new Set(keys).size).toBe(2)
  })
})

describe('an answer that is not right', () => {
  it('is told to the model, which answers again; only what is right is stored', async () => {
    const { server, given } = await openWorkers()
    server.next({ text: 'Sure!' }, { text: '{"title":"A"}' })
    const worker = new Summarize(given())
    expect(await worker.run(article)).toHaveLength(1)
    const [, second, third] = server.received
    expect(second?.body.messages.slice(1)).toMatchObject([
      { role: 'assistant', content: 'Sure!' },
      { role: 'user', content: expect.stringContaining('It is not JSON.') },
    ])
    expect(third?.body.messages.at(-1).content).toMatch(/points: /)
    await worker.run(article)
    expect(server.count).toBe(3)
    expect((await worker.savings()).spentTokens.inputTokens).toBe(140)
  })

  it('extraValidation has its own words', async () => {
    class Strict extends Summarize {
      override extraValidation(answer: Summary, task: Article) {
        return answer.points.length < task.text.length / 10 ? 'Give three points.' : undefined
      }
    }
    const { server, given } = await openWorkers()
    server.next({ text: GOOD }, { text: JSON.stringify({ title: 'A', points: ['1', '2', '3'] }) })
    expect((await new Strict(given()).run(article))[0]?.points).toHaveLength(3)
    expect(server.received[1]?.body.messages.at(-1).content).toContain('Give three points.')
  })

  it('that was cut off or filtered is delivered if it fits, and not stored', async () => {
    const { server, given } = await openWorkers()
    server.next({ text: GOOD, finish: 'length' }, { text: GOOD, finish: 'content-filter' })
    const worker = new Summarize(given())
    for (let i = 0; i < 4; i++) expect(await worker.run(article)).toHaveLength(1)
    expect(server.count).toBe(3)
    expect((await worker.savings()).unstored).toEqual({ truncated: 1, filtered: 1 })
  })

  it('says why, after the last attempt, and not what', async () => {
    class Once extends Summarize {
      override readonly attempts = 1
    }
    const { server, given } = await openWorkers()
    server.always({ text: '{"title":"the canary', finish: 'length' })
    const running = new Once(given()).run(article)
    await expect(running).rejects.toMatchObject({
      code: 'INVALID_ANSWER',
      message: /1 attempt \(it was cut off: raise maxTokens\)/,
    })
    await expect(running).rejects.not.toThrow(/canary/)
  })
})

describe('tools', () => {
  const weather: Tool = {
    name: 'weather',
    description: 'Tells the weather',
    schema: z.object({ city: z.string() }),
    version: '1',
    execute: async ({ city }: { city: string }) => ({ city, degrees: 21 }),
  }

  class Forecast extends Summarize {
    override readonly tools: readonly Tool[]
    constructor(options: ConstructorParameters<typeof Summarize>[0], tools: readonly Tool[] = [weather]) {
      super(options)
      this.tools = tools
    }
  }

  it.each(['openai-compatible', 'anthropic'] as const)('are run, and the model told: %s', async (provider) => {
    const { server, given, modelOf } = await openWorkers()
    server.next({
      toolCalls: [
        { name: 'weather', arguments: { city: 'Bern' } },
        { name: 'weather', arguments: {} },
      ],
    })
    const worker = new Forecast(given({ model: modelOf({ provider }) }))
    expect(await worker.run(article)).toHaveLength(1)
    const told = JSON.stringify(server.received[1]?.body.messages)
    expect(told).toContain(JSON.stringify(JSON.stringify({ city: 'Bern', degrees: 21 })).slice(1, -1))
    expect(told).toMatch(/Error: .*expected string/)
    expect(server.received[0]?.body.tools).toHaveLength(1)
    await worker.run(article)
    expect(server.count).toBe(2)
  })

  it('have an end', async () => {
    const { server, given } = await openWorkers()
    server.always({ toolCalls: [{ name: 'nothing', arguments: {} }] })
    await expect(new Forecast(given()).run(article)).rejects.toThrow(/asked for tools 8 times over/)
    expect(server.count).toBe(9)
  })
})

describe('in flight: upstream’s limits are respected', () => {
  const busy = { status: 429, error: { type: 'rate_limit_error', message: 'slow down' } }

  it('Retry-After is waited for, to the second', async () => {
    const { server, clock, given } = await openWorkers()
    server.next({ ...busy, headers: { 'retry-after': '7' } })
    const running = new Summarize(given()).run(article)
    await until(() => clock.pending === 2)
    clock.advance(6_999)
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(server.count).toBe(1)
    clock.advance(1)
    expect(await running).toHaveLength(1)
    expect(server.count).toBe(2)
    expect(clock.pending).toBe(0)
  })

  it('without it the waits grow, and there are as many tries as were asked for', async () => {
    const { server, clock, given } = await openWorkers()
    server.always(busy)
    const running = new Summarize(given()).run(article)
    running.catch(() => {})
    for (const wait of [500, 1_000]) {
      await until(() => clock.pending === 2)
      clock.advance(wait)
    }
    await expect(running).rejects.toMatchObject({ name: 'ModelError', status: 429, detail: 'slow down' })
    expect(server.count).toBe(3)
  })

  it('what another try cannot mend is not tried', async () => {
    const { server, given } = await openWorkers()
    server.always({ status: 401, error: { type: 'authentication_error', message: 'bad key sk-test-0123456789abcdef' } })
    const running = new Summarize(given()).run(article)
    await expect(running).rejects.toThrow('openai-compatible answered with status 401 (authentication_error)')
    expect(server.count).toBe(1)
  })

  it('an abort ends the wait', async () => {
    const { server, clock, given } = await openWorkers()
    server.always({ ...busy, headers: { 'retry-after': '30' } })
    const controller = new AbortController()
    const running = new Summarize(given()).run(article, { signal: controller.signal })
    running.catch(() => {})
    await until(() => clock.pending === 2)
    controller.abort(new Error('enough'))
    await expect(running).rejects.toThrow('enough')
    await until(() => clock.pending === 0)
  })
})

describe('policy: a fallback model’s answer is stored under the model that answered', () => {
  it('and the first is asked again the next time', async () => {
    const { server, given, modelOf } = await openWorkers()
    const [first, second] = [modelOf({ model: 'first' }), modelOf({ model: 'second' })]
    class Impatient extends Summarize {
      override readonly retries = 0
    }
    server.next({ status: 503 })
    const worker = new Impatient(given({ model: fallback(first, second) }))
    await worker.run(article)
    expect(server.received.map(({ body }) => body.model)).toEqual(['first', 'second'])
    await new Impatient(given({ model: second })).run(article)
    expect(server.count).toBe(2)
    await worker.run(article)
    expect(server.received.map(({ body }) => body.model)).toEqual(['first', 'second', 'first'])
    await worker.run(article)
    await new Impatient(given({ model: first })).run(article)
    expect(server.count).toBe(3)
  })
})

it('P1: an answer of a fallback that was cleared meanwhile is not stored', async () => {
  const { server, given, modelOf } = await openWorkers()
  const second = modelOf({ model: 'second' })
  const worker = new Summarize(given({ model: fallback(modelOf({ model: 'first' }), second) }))
  server.next({ status: 400 })
  let clearing: Promise<void> | undefined
  server.always(({ body }) => {
    if (body.model === 'second') clearing ??= worker.clearCache()
    return { text: GOOD }
  })
  await worker.run(article)
  await clearing
  await new Summarize(given({ model: second })).run(article)
  expect(server.received.map(({ body }) => body.model)).toEqual(['first', 'second', 'second'])
})

describe('N4: savings', () => {
  it('in tokens and money, per model and worker', async () => {
    const { given, modelOf, cache } = await openWorkers()
    const prices = { mine: { input: 10, output: 100 } }
    const worker = new Summarize(given({ model: modelOf({ model: 'mine' }), prices }))
    for (let i = 0; i < 3; i++) await worker.run(article)
    const mine = {
      calls: 1,
      hits: 2,
      spentTokens: { inputTokens: 100, outputTokens: 20 },
      savedTokens: { inputTokens: 200, outputTokens: 40 },
      spentCost: 0.003,
      savedCost: 0.006,
    }
    expect(await worker.savings()).toMatchObject({ ...mine, byModel: { mine } })
    expect((await cache.namespace('worker:summarize').entries().next()).value.cost).toBe(0.003)
  })

  it('are known to a worker of another process, as far as the cache is shared', async () => {
    const { given } = await openWorkers()
    await new Summarize(given()).run(article)
    const other = new Summarize(given())
    await other.run(Article({ text: article.text }))
    expect(await other.savings()).toMatchObject({ calls: 0, hits: 1, savedTokens: { inputTokens: 100 } })
  })
})

describe('debug output', () => {
  it('shows every question and answer, without a credential', async () => {
    const { server, given } = await openWorkers()
    server.next({ text: 'The key is sk-proj-0123456789abcdefghij.' })
    const exchanges: Exchange[] = []
    await new Summarize(given({ onExchange: (exchange) => exchanges.push(exchange) })).run(article)
    expect(exchanges).toMatchObject([
      { worker: 'summarize', attempt: 1, problem: 'It is not JSON.', answer: { text: 'The key is [scrubbed].' } },
      { attempt: 2, problem: undefined, answer: { text: GOOD } },
    ])
    expect(JSON.stringify(exchanges)).not.toMatch(/sk-/)
  })

  it('cannot break a run', async () => {
    const { given } = await openWorkers()
    const onExchange = () => {
      throw new Error('no')
    }
    expect(await new Summarize(given({ onExchange })).run(article)).toHaveLength(1)
  })
})

describe('misuse says what to do', () => {
  it('without a model, an answer type, or a schema that can be written as JSON Schema', async () => {
    const { given } = await openWorkers()
    expect(() => new Summarize({ ...given(), model: undefined as never })).toThrow(/needs a model/)
    class Two extends Summarize {
      override readonly outputTypes = [Summary, Summary]
    }
    await expect(new Two(given()).run(article)).rejects.toThrow(/needs an answerType/)
    const Odd = defineTask('odd', {
      '~standard': { version: 1, vendor: 'own', validate: (value) => ({ value: value as object }) },
    })
    class Own extends CachedLLMTaskWorker<Article, TaskOf<typeof Odd>> {
      readonly name = 'own'
      readonly inputType = Article
      readonly outputTypes = [Odd]
      readonly prompt = 'Go.'
    }
    await expect(new Own(given()).run(article)).rejects.toThrow(/override answerSchema\(\)/)
    class Given extends Own {
      override answerSchema() {
        return { type: 'object' }
      }
    }
    expect(await new Given(given()).run(article)).toMatchObject([{ title: 'A title' }])
  })
})

describe('G5: a worker in a test', () => {
  it('replays what its model said once, without a network', async () => {
    const cassette = join(mkdtempSync(join(tmpdir(), 'granary-llm-')), 'worker.yaml')
    const { server, modelOf } = await openWorkers()
    const run = (mode: 'record' | 'replay') => {
      const model = modelOf({ fetch: cachedFetch({ cassette, mode }) })
      const cache = createCache({ layers: [memory()] })
      return new Summarize({ cache, model }).run(article)
    }
    const recorded = await run('record')
    await server.close()
    expect(await run('replay')).toEqual(recorded)
    expect(server.count).toBe(1)
  })
})

describe('N1: explain', () => {
  it('names what of the question has changed', async () => {
    const { given, modelOf } = await openWorkers()
    const folder = mkdtempSync(join(tmpdir(), 'granary-llm-'))
    await using cache = openCache(folder)
    const worker = new Summarize(given({ cache }))
    await worker.run(article)
    expect((await worker.explain(article)).outcome).toBe('hit')
    class Warmer extends Summarize {
      override readonly temperature = 0.7
    }
    class Other extends Summarize {
      override readonly prompt = 'Shorten this article.'
    }
    const nearest = async (other: Summarize) => (await other.explain(article)).nearest?.differs
    expect(await nearest(new Warmer(given({ cache })))).toContain('inheritedCacheKey[0].temperature')
    expect(await nearest(new Other(given({ cache })))).toEqual(['inheritedCacheKey[0].messages[0].content'])
    expect(await nearest(new Summarize(given({ cache, model: modelOf({ model: 'gpt-4o' }) })))).toEqual([
      'inheritedCacheKey[0].model.name',
    ])
  })
})
