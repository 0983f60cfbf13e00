import { createHash, hash } from 'node:crypto'
import {
  type Cache,
  CachedTaskWorker,
  createCache,
  defineTask,
  type Run,
  type StandardSchema,
  type TaskOf,
} from '@granary/core'
import { memory } from '@granary/memory'
import type { Case, Contest, Side } from '../case.js'
import { HOT, pick } from '../samples.js'

interface PageData {
  readonly path: string
  readonly title: string
  readonly language: string
  readonly revision: number
  readonly text: string
  readonly options: { readonly model: string; readonly temperature: number; readonly sentences: number }
  readonly labels: readonly string[]
}

interface SummaryData {
  readonly path: string
  readonly words: number
}

/** A schema that takes what it gets: validating is not what is measured. */
function anything<T>(): StandardSchema<T, T> {
  return { '~standard': { version: 1, vendor: 'benchmark', validate: (value) => ({ value: value as T }) } }
}

const Page = defineTask('page', anything<PageData>())
type Page = TaskOf<typeof Page>
const Summary = defineTask('summary', anything<SummaryData>())
type Summary = TaskOf<typeof Summary>

class Summarize extends CachedTaskWorker<Page, Summary> {
  readonly name = 'summarize'
  readonly inputType = Page
  readonly outputTypes = [Summary]
  override readonly caching = { ttl: '1d', version: 'v2.1' } as const

  consumeWork(page: Page, run: Run<Summary>): void {
    run.publishWork(Summary(summaryOf(page)))
  }
}

const SENTENCE = 'The quick brown fox jumps over the lazy dog while it rains'

/** Data of 300 bytes as JSON, its keys in the order in which programs write them. */
function pageOf(index: number): PageData {
  return {
    path: `docs/guide/chapter-${1_000 + index}.md`,
    title: `Chapter ${1_000 + index}`,
    language: 'en',
    revision: 100 + (index % 900),
    text: `${SENTENCE} ${1_000 + index}, and nobody wonders.`,
    options: { model: 'small-2', temperature: 0.2, sentences: 3 },
    labels: ['guide', 'draft', 'public'],
  }
}

/** The same with keys that ascend, which need no sorting. */
function sortedPageOf(index: number): PageData {
  const { path, title, language, revision, text, labels } = pageOf(index)
  const options = { model: 'small-2', sentences: 3, temperature: 0.2 }
  return { labels, language, options, path, revision, text, title }
}

function summaryOf({ path, text }: PageData): SummaryData {
  return { path, words: text.split(' ').length }
}

type Make = (index: number) => PageData

async function filledWorker(make: Make): Promise<Summarize> {
  const worker = new Summarize({ cache: createCache({ layers: [memory()], ttl: '1h' }) })
  for (let index = 0; index < HOT; index++) await worker.run(Page(make(index)))
  return worker
}

const expectedSummary = (make: Make) => (index: number) => [summaryOf(make(pick(index)))]

async function summaryOfRun(worker: Summarize, task: Page): Promise<unknown> {
  const outputs = await worker.run(task)
  return outputs.map((output) => ({ ...output }))
}

/** Runs on a task that has not been seen, though an equal one has; the tasks are made before. */
async function freshTasks(make: Make): Promise<Side> {
  const worker = await filledWorker(make)
  let tasks: Page[] = []
  return {
    ready(operations) {
      tasks = Array.from({ length: operations }, (_, at) => Page(make(pick(at))))
    },
    async run(operations) {
      let sum = 0
      for (let at = 0; at < operations; at++) {
        const outputs = await worker.run(tasks[at] as Page)
        sum += outputs.length
      }
      if (sum !== operations) throw new Error('not all were hits')
    },
    answer: (index) => summaryOfRun(worker, Page(make(pick(index)))),
    expected: expectedSummary(make),
  }
}

/** The same, making the task included. */
async function madeTasks(make: Make): Promise<Side> {
  const worker = await filledWorker(make)
  const data = Array.from({ length: HOT }, (_, index) => make(index))
  return {
    async run(operations) {
      let sum = 0
      for (let at = 0; at < operations; at++) {
        const outputs = await worker.run(Page({ ...(data[pick(at)] as PageData) }))
        sum += outputs.length
      }
      if (sum !== operations) throw new Error('not all were hits')
    },
    answer: (index) => summaryOfRun(worker, Page(make(pick(index)))),
    expected: expectedSummary(make),
  }
}

/** Runs on tasks whose key is known already. */
async function knownTasks(make: Make): Promise<Side> {
  const worker = await filledWorker(make)
  const tasks = Array.from({ length: HOT }, (_, index) => Page(make(index)))
  for (const task of tasks) await worker.run(task)
  return {
    async run(operations) {
      let sum = 0
      for (let at = 0; at < operations; at++) {
        const outputs = await worker.run(tasks[pick(at)] as Page)
        sum += outputs.length
      }
      if (sum !== operations) throw new Error('not all were hits')
    },
    answer: (index) => summaryOfRun(worker, tasks[pick(index)] as Page),
    expected: expectedSummary(make),
  }
}

/** A memory hit by key in a namespace as deep as a worker's. */
async function plainHits(): Promise<Side> {
  const root: Cache = createCache({ layers: [memory()], ttl: '1h' })
  const cache = root.namespace('worker:summarize').namespace('version:v2.1')
  const keyOf = (index: number) => hash('sha256', `page ${index}`)
  const keys = Array.from({ length: HOT }, (_, index) => keyOf(index))
  for (let index = 0; index < HOT; index++) await cache.set(keyOf(index), summaryOf(pageOf(index)))
  const miss = (): never => {
    throw new Error('not a hit')
  }
  return {
    async run(operations) {
      for (let at = 0; at < operations; at++) await cache.getOrCompute(keys[pick(at)] as string, miss)
    },
    answer: (index) => cache.getOrCompute(keys[pick(index)] as string, miss),
    expected: (index) => summaryOf(pageOf(pick(index))),
  }
}

/** What a program would write to get a key: the JSON of the task, hashed. */
function stringifyAndHash(make: Make): Side {
  let tasks: Page[] = []
  const keyOf = (task: Page) => hash('sha256', JSON.stringify(task))
  return {
    ready(operations) {
      tasks = Array.from({ length: operations }, (_, at) => Page(make(pick(at))))
    },
    run(operations) {
      let sum = 0
      for (let at = 0; at < operations; at++) sum += keyOf(tasks[at] as Page).length
      if (sum !== operations * 64) throw new Error('not all were hashed')
    },
    answer: (index) => keyOf(Page(make(pick(index)))),
    expected: (index) =>
      createHash('sha256')
        .update(JSON.stringify(make(pick(index))))
        .digest('hex'),
  }
}

type Subject = (make: Make) => Promise<Side>

function against(subject: Subject, make: Make): () => Promise<Contest> {
  return async () => ({ subject: await subject(make), reference: stringifyAndHash(make) })
}

const common = {
  id: 'T2',
  reference: 'JSON.stringify + SHA-256',
  measure: 'time',
  clock: 'thread',
  most: 100_000,
} as const

export const workerHits: readonly Case[] = [
  {
    ...common,
    name: 'T2-new',
    what: 'worker hit, new task',
    subject: 'worker.run(task)',
    target: 1.7,
    open: against(freshTasks, pageOf),
  },
  {
    ...common,
    name: 'T2-new-sorted',
    what: 'worker hit, new task with ascending keys',
    subject: 'worker.run(task)',
    target: 1.7,
    open: against(freshTasks, sortedPageOf),
  },
  {
    ...common,
    name: 'T2-made',
    what: 'worker hit, making the task included',
    subject: 'worker.run(Page(data))',
    open: against(madeTasks, pageOf),
  },
  {
    ...common,
    name: 'T2-same',
    what: 'worker hit, same task again, beyond a hit by key',
    subject: 'worker.run(task) − getOrCompute(key)',
    target: 0.15,
    async open() {
      return {
        subject: await knownTasks(pageOf),
        reference: stringifyAndHash(pageOf),
        allowance: await plainHits(),
      }
    },
  },
]
