import { defineTask, type TaskOf } from '@granary/core'
import { CachedLLMTaskWorker } from '@granary/llm'
import { z } from 'zod'
import { Document } from './read-worker.js'

/** What a text says, in short. */
export const Summary = defineTask('summary', z.object({ summary: z.string() }))
export type Summary = TaskOf<typeof Summary>

/** What a model is given of a text: enough to tell what it is about. */
const MOST_CHARACTERS = 6_000

/** Has a text summarized by a model, once. */
export class SummarizeWorker extends CachedLLMTaskWorker<Document, Summary> {
  readonly name = 'summarize'
  readonly inputType = Document
  readonly outputTypes = [Summary]
  readonly prompt = 'Summarize this text in one or two sentences, in its own language.'
  override readonly caching = { ttl: '30d', version: '2' }

  override preProcess({ text }: Document) {
    return { text: text.slice(0, MOST_CHARACTERS) }
  }

  override extraValidation({ summary }: Summary) {
    return summary.trim() === '' ? 'The summary is empty.' : undefined
  }
}
