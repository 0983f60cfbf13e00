// What PlanAI, the model for CachedLLMTaskWorker, gets wrong. Each test fails on its behaviour.
import { defineTask, type TaskOf } from '@granary/core'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { CachedLLMTaskWorker, type Tool } from '../src/index.js'
import { Article, article, GOOD, openWorkers, Summarize, Summary } from './workers.js'

describe('PlanAI', () => {
  it('caches an unparseable answer as an empty list for ever; ours throws, and asks again the next time', async () => {
    const { server, given } = await openWorkers()
    server.next({ text: 'I cannot.' }, { text: 'I will not.' }, { text: 'No.' })
    const worker = new Summarize(given())
    await expect(worker.run(article)).rejects.toMatchObject({ code: 'INVALID_ANSWER' })
    expect(await worker.isCached(article)).toBe(false)
    expect(await worker.run(article)).toHaveLength(1)
    expect(server.count).toBe(4)
  })

  it('publishes and caches an answer that failed validation three times; ours does neither', async () => {
    class Never extends Summarize {
      override extraValidation() {
        return 'It is not good enough.'
      }
    }
    const { server, given, cache } = await openWorkers()
    const worker = new Never(given())
    await expect(worker.run(article)).rejects.toMatchObject({ code: 'INVALID_ANSWER', message: /in 3 attempts/ })
    expect(server.count).toBe(3)
    expect(await cache.entries().next()).toMatchObject({ done: true })
    expect((await worker.savings()).unstored).toEqual({ invalid: 1 })
  })

  describe('leaves these out of the key, which are in ours:', () => {
    const tool: Tool = { name: 'now', schema: { type: 'object' }, version: '1', execute: () => 'noon' }
    type Fields = Partial<
      Pick<Summarize, 'temperature' | 'maxTokens' | 'parameters' | 'tools' | 'systemPrompt' | 'prompt' | 'sample'>
    >
    const withFields = (fields: Fields) =>
      class extends Summarize {
        constructor(options: ConstructorParameters<typeof Summarize>[0]) {
          super(options)
          Object.assign(this, fields)
        }
      }
    const changes: readonly (readonly [string, Fields, Fields])[] = [
      ['the temperature', {}, { temperature: 0 }],
      ['the limit of tokens', { maxTokens: 100 }, { maxTokens: 200 }],
      ['any other parameter', { parameters: { seed: 1 } }, { parameters: { seed: 2 } }],
      ['the system prompt', {}, { systemPrompt: 'Be brief.' }],
      ['the prompt', {}, { prompt: 'Summarize it.' }],
      ['the sample', {}, { sample: 1 }],
      ['that there are tools', {}, { tools: [tool] }],
      ['the name of a tool', { tools: [tool] }, { tools: [{ ...tool, name: 'then' }] }],
      ['the schema of a tool', { tools: [tool] }, { tools: [{ ...tool, schema: { type: 'array' } }] }],
      ['the version of a tool', { tools: [tool] }, { tools: [{ ...tool, version: '2' }] }],
    ]

    it.each(changes)('%s', async (_, before, after) => {
      const { server, given } = await openWorkers()
      await new (withFields(before))(given()).run(article)
      await new (withFields(after))(given()).run(article)
      expect(server.count).toBe(2)
      await new (withFields(before))(given()).run(article)
      expect(server.count).toBe(2)
    })

    it('what a tool does, but for its version', async () => {
      const { server, given } = await openWorkers()
      await new (withFields({ tools: [tool] }))(given()).run(article)
      await new (withFields({ tools: [{ ...tool, execute: () => 'night' }] }))(given()).run(article)
      expect(server.count).toBe(1)
    })

    it('the output schema: one that changed is a miss', async () => {
      const worker = (schema: z.ZodType<object>) => {
        const Answer = defineTask('answer', schema)
        return class extends CachedLLMTaskWorker<Article, TaskOf<typeof Answer>> {
          readonly name = 'schemed'
          readonly inputType = Article
          readonly outputTypes = [Answer]
          readonly prompt = 'Go.'
        }
      }
      const { server, given } = await openWorkers()
      await new (worker(z.object({ title: z.string() })))(given()).run(article)
      await new (worker(z.object({ title: z.string().describe('A short one.') })))(given()).run(article)
      expect(server.count).toBe(2)
      await new (worker(z.object({ title: z.string() })))(given()).run(article)
      expect(server.count).toBe(2)
    })

    it('what the schema checks and JSON Schema cannot say: an entry that does not pass is a miss', async () => {
      const worker = (schema: z.ZodType<object>) => {
        const Answer = defineTask('answer', schema)
        return class extends CachedLLMTaskWorker<Article, TaskOf<typeof Answer>> {
          readonly name = 'refined'
          readonly inputType = Article
          readonly outputTypes = [Answer]
          readonly prompt = 'Go.'
        }
      }
      const { server, given } = await openWorkers()
      const before = new (worker(z.object({ title: z.string() })))(given())
      const after = new (worker(z.object({ title: z.string().refine((title) => title.endsWith('!')) })))(given())
      expect(after.key(article)).toBe(before.key(article))
      await before.run(article)
      server.next({ text: '{"title":"A title!"}' })
      expect(await after.run(article)).toMatchObject([{ title: 'A title!' }])
      expect(server.count).toBe(2)
    })

    it('the bytes of images', async () => {
      const Picture = defineTask('picture', z.object({ name: z.string(), bytes: z.instanceof(Uint8Array) }))
      type Picture = TaskOf<typeof Picture>
      class Describe extends CachedLLMTaskWorker<Picture, Summary> {
        readonly name = 'describe'
        readonly inputType = Picture
        readonly outputTypes = [Summary]
        readonly prompt = 'What is in the picture?'
      }
      const { server, given } = await openWorkers()
      const png = (last: number) => Uint8Array.from([0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10, last])
      const worker = new Describe(given())
      for (const last of [1, 2, 1]) await worker.run(Picture({ name: 'a.png', bytes: png(last) }))
      expect(server.count).toBe(2)
      expect(server.received[0]?.body.messages[0].content).toMatchObject([
        { type: 'text', text: expect.stringContaining('"bytes": "[file 1]"') },
        { type: 'image_url', image_url: { url: 'data:image/png;base64,iVBORw0KGgoB' } },
      ])
    })

    it('the provider, and where it is', async () => {
      const { server, given, modelOf } = await openWorkers()
      const models = [
        modelOf(),
        modelOf({ provider: 'openai' }),
        modelOf({ provider: 'ollama' }),
        modelOf({ baseURL: `${server.url}/other/v1` }),
        modelOf({ model: 'gpt-4o' }),
      ]
      for (const model of models) await new Summarize(given({ model })).run(article)
      expect(server.count).toBe(models.length)
    })

    it('the model, unless includeModelInKey says no', async () => {
      class Any extends Summarize {
        override readonly includeModelInKey = false
      }
      const { server, given, modelOf } = await openWorkers()
      for (const model of ['a', 'b']) await new Any(given({ model: modelOf({ model }) })).run(article)
      expect(server.count).toBe(1)
    })
  })

  it('lets the nested order of keys change the key; ours does not', async () => {
    const { server, given } = await openWorkers()
    const worker = new Summarize(given())
    await worker.run(Article({ text: 'x', meta: { a: 1, b: { c: 2, d: 3 } } }))
    await worker.run(Article({ meta: { b: { d: 3, c: 2 }, a: 1 }, text: 'x' }))
    expect(server.count).toBe(1)
  })

  it('makes five calls for five concurrent misses; ours makes one', async () => {
    const { server, given } = await openWorkers()
    const worker = new Summarize(given())
    const outputs = await Promise.all(Array.from({ length: 5 }, () => worker.run(Article({ text: article.text }))))
    expect(server.count).toBe(1)
    expect(new Set(outputs.map((each) => JSON.stringify(each))).size).toBe(1)
    expect(await worker.savings()).toMatchObject({ calls: 1, hits: 4 })
  })

  it('raises on a hit with two consumers of one type; ours delivers to both, as on a miss', async () => {
    class Titles extends CachedLLMTaskWorker<Summary, Summary> {
      readonly name: string = 'titles'
      readonly inputType = Summary
      readonly outputTypes = [Summary]
      readonly prompt: string = 'Shorten the title.'
    }
    class Points extends Titles {
      override readonly name = 'points'
      override readonly prompt = 'Shorten the points.'
    }
    const { server, given } = await openWorkers()
    server.always({ text: GOOD })
    const [producer, consumers] = [new Summarize(given()), [new Titles(given()), new Points(given())]]
    for (let i = 0; i < 2; i++) {
      const published = await producer.run(article)
      const consumed = await Promise.all(consumers.flatMap((consumer) => published.map((each) => consumer.run(each))))
      expect(consumed.flat()).toHaveLength(2)
    }
    expect(server.count).toBe(3)
  })
})
