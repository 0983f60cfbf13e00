import { z } from 'zod'
import {
  type Awaitable,
  CachedTaskWorker,
  type CachedTaskWorkerOptions,
  defineTask,
  type Run,
  type TaskOf,
  TaskWorker,
  type TypeOf,
} from '../src/index.js'

export const Document = defineTask('document', z.object({ path: z.string(), text: z.string() }))
export type Document = TaskOf<typeof Document>
export const Summary = defineTask('summary', z.object({ text: z.string() }))
export type Summary = TaskOf<typeof Summary>
export const Score = defineTask('score', z.object({ value: z.number(), at: z.date().optional() }))
export type Score = TaskOf<typeof Score>

type Work = (doc: Document, run: Run<Summary | Score>) => Awaitable<void>

/** Publishes the text of a document, and its length. */
export const summarize: Work = (doc, run) => {
  run.publishWork(Summary({ text: doc.text.slice(0, 5) }))
  run.publishWork(Score({ value: doc.text.length }))
}

/** A worker of documents that counts its runs. */
export class Analyse extends CachedTaskWorker<Document, Summary | Score> {
  readonly name: string = 'analyse'
  readonly inputType: TypeOf<Document> = Document
  readonly outputTypes: readonly TypeOf<Summary | Score>[] = [Summary, Score]
  runs = 0
  readonly #work: Work

  constructor(options: CachedTaskWorkerOptions, work: Work = summarize) {
    super(options)
    this.#work = work
  }

  consumeWork(doc: Document, run: Run<Summary | Score>): Awaitable<void> {
    this.runs++
    return this.#work(doc, run)
  }
}

/** The same without a cache. */
export class Plain extends TaskWorker<Document, Summary | Score> {
  readonly name: string = 'plain'
  readonly inputType = Document
  readonly outputTypes = [Summary, Score]
  readonly #work: Work

  constructor(work: Work = summarize) {
    super()
    this.#work = work
  }

  consumeWork(doc: Document, run: Run<Summary | Score>): Awaitable<void> {
    return this.#work(doc, run)
  }
}
