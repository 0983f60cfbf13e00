import { createCache, defineTask, type TaskOf, type TypeOf } from '@granary/core'
import { memory } from '@granary/memory'
import { FakeClock } from '@granary/testkit'
import { onTestFinished } from 'vitest'
import { z } from 'zod'
import {
  CachedLLMTaskWorker,
  type CachedLLMTaskWorkerOptions,
  type Model,
  type ModelOptions,
  modelFrom,
} from '../src/index.js'
import { ScriptedServer } from '../src/testing/index.js'

export const Article = defineTask('article', z.object({ text: z.string(), meta: z.any().optional() }))
export type Article = TaskOf<typeof Article>
export const Summary = defineTask('summary', z.object({ title: z.string(), points: z.array(z.string()) }))
export type Summary = TaskOf<typeof Summary>

export class Summarize extends CachedLLMTaskWorker<Article, Summary> {
  readonly name: string = 'summarize'
  readonly inputType: TypeOf<Article> = Article
  readonly outputTypes: readonly TypeOf<Summary>[] = [Summary]
  readonly prompt: string = 'Summarize this article.'
}

/** An answer that fits a {@link Summary}. */
export const GOOD = JSON.stringify({ title: 'A title', points: ['one', 'two'] })

export const article = Article({ text: 'It was the best of times.' })

/** A server, a model on it, and what a worker takes. */
export async function openWorkers(options: Partial<ModelOptions> = {}) {
  const server = await ScriptedServer.start()
  onTestFinished(() => server.close())
  server.always({ text: GOOD, usage: { input: 100, output: 20 } })
  const clock = new FakeClock()
  const cache = createCache({ layers: [memory()], clock })
  const modelOf = (more: Partial<ModelOptions> = {}): Model =>
    modelFrom({
      provider: 'openai-compatible',
      model: 'gpt-5',
      baseURL: more.provider === 'anthropic' ? server.url : `${server.url}/v1`,
      apiKey: 'sk-test-0123456789abcdef',
      ...options,
      ...more,
    })
  const given = (more: Partial<CachedLLMTaskWorkerOptions> = {}): CachedLLMTaskWorkerOptions => ({
    cache,
    clock,
    model: modelOf(),
    ...more,
  })
  return { server, clock, cache, modelOf, given }
}
