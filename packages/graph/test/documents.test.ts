import { globSync, readFileSync } from 'node:fs'
import { basename, dirname, join as joinPath } from 'node:path'
import {
  type Cache,
  CachedTaskWorker,
  createCache,
  defineTask,
  type Run,
  type Task,
  type TaskOf,
  type TypeOf,
} from '@granary/core'
import { memory } from '@granary/memory'
import { expect, it } from 'vitest'
import { z } from 'zod'
import { Graph, join } from '../src/index.js'

const root = joinPath(import.meta.dirname, '..', '..', '..')

const File = defineTask('file', z.object({ path: z.string() }))
const Document = defineTask('document', z.object({ path: z.string(), text: z.string() }))
const Section = defineTask('section', z.object({ path: z.string(), title: z.string(), text: z.string() }))
const Stats = defineTask('stats', z.object({ title: z.string(), words: z.number(), links: z.number() }))
const Outline = defineTask('outline', z.object({ path: z.string(), sections: z.array(z.string()) }))
const Summary = defineTask('summary', z.object({ path: z.string(), text: z.string() }))
const Entry = defineTask('entry', z.object({ line: z.string() }))
type File = TaskOf<typeof File>
type Document = TaskOf<typeof Document>
type Section = TaskOf<typeof Section>
type Stats = TaskOf<typeof Stats>
type Outline = TaskOf<typeof Outline>
type Summary = TaskOf<typeof Summary>
type Entry = TaskOf<typeof Entry>

/** A cached worker that counts, inside its own function, how often it really works. */
abstract class Counted<Input extends Task, Output extends Task> extends CachedTaskWorker<Input, Output> {
  override readonly caching = { outsideKey: ['calls'] }
  calls = 0

  override consumeWork(task: Input, run: Run<Output>): void {
    this.calls++
    for (const output of this.work(task)) run.publishWork(output)
  }

  protected abstract work(task: Input): Iterable<Output>
}

class Read extends Counted<File, Document> {
  readonly name = 'read'
  readonly inputType: TypeOf<File> = File
  readonly outputTypes = [Document]

  protected *work({ path }: File): Iterable<Document> {
    yield Document({ path, text: readFileSync(joinPath(root, path), 'utf8') })
  }
}

class Split extends Counted<Document, Section> {
  readonly name = 'split'
  readonly inputType: TypeOf<Document> = Document
  readonly outputTypes = [Section]

  protected *work({ path, text }: Document): Iterable<Section> {
    for (const part of partsOf(text)) {
      yield Section({ path, title: part.split('\n', 1)[0] ?? '', text: part })
    }
  }
}

class Analyse extends Counted<Section, Stats> {
  readonly name = 'analyse'
  readonly inputType: TypeOf<Section> = Section
  readonly outputTypes = [Stats]
  broken = true
  override readonly caching = { outsideKey: ['calls', 'broken'] }

  protected *work({ path, title, text }: Section): Iterable<Stats> {
    if (this.broken && path === 'packages/sqlite/README.md' && title.includes('Options'))
      throw new Error('the analyser crashed')
    yield Stats({ title, words: text.split(/\s+/).length, links: text.split('](').length - 1 })
  }
}

class Summarise extends Counted<Outline, Summary> {
  readonly name = 'summarise'
  readonly inputType: TypeOf<Outline> = Outline
  readonly outputTypes = [Summary]

  protected *work({ path, sections }: Outline): Iterable<Summary> {
    yield Summary({ path, text: `${sections.length} sections: ${sections.join('; ')}` })
  }
}

class Index extends Counted<Summary, Entry> {
  readonly name = 'index'
  readonly inputType: TypeOf<Summary> = Summary
  readonly outputTypes = [Entry]

  protected *work({ path, text }: Summary): Iterable<Entry> {
    yield Entry({ line: `${basename(dirname(path))}: ${text.length} characters` })
  }
}

function partsOf(text: string): string[] {
  return text.split(/^(?=## )/m)
}

function sectionsOf(path: string): string[] {
  return partsOf(readFileSync(joinPath(root, path), 'utf8')).map((part) => `${path} ${part}`)
}

function fiveWorkers(cache: Cache) {
  const [read, split, analyse] = [new Read({ cache }), new Split({ cache }), new Analyse({ cache })] as const
  const [summarise, index] = [new Summarise({ cache }), new Index({ cache })] as const
  const outline = join({
    name: 'outline',
    per: Document,
    of: [Stats],
    into: Outline,
    combine: ({ origin, parts }) =>
      Outline({ path: origin.path, sections: parts.map(({ title, words }) => `${title} (${words} words)`) }),
  })
  const graph = new Graph({ entries: [read], concurrency: 4 })
    .connect(read, split)
    .connect(split, analyse)
    .connect(analyse, outline)
    .connect(outline, summarise)
    .connect(summarise, index)
    .collect(Entry)
  const workers = { read, split, analyse, summarise, index }
  /** How often each worker has worked since the last time. */
  const worked = () => Object.fromEntries(Object.entries(workers).map(([name, each]) => [name, taken(each)]))
  return { graph, analyse, worked }
}

function taken(worker: { calls: number }): number {
  const { calls } = worker
  worker.calls = 0
  return calls
}

it('G20: five workers over documents, a failure in the middle: the second run computes what is missing, and replays the rest', async () => {
  const cache = createCache({ layers: [memory()] })
  const { graph, analyse, worked } = fiveWorkers(cache)
  const paths = globSync(['packages/*/README.md', 'node_modules/.pnpm/*/node_modules/*/README.md'], {
    cwd: root,
  }).sort()
  const inputs = paths.map((path) => File({ path }))
  const documents = inputs.length
  expect(documents).toBeGreaterThanOrEqual(50)

  const first = await graph.run(inputs)
  // Some documents say the same thing twice: it is worked on once.
  const sections = new Set(paths.flatMap(sectionsOf)).size
  const computedFirst = worked()
  expect(first).toMatchObject({ inputs: documents, succeeded: documents - 1, failed: 1 })
  expect(String(first.failures[0])).toBe('file → read → document → split → section → analyse')
  expect(first.failures[0]?.error).toMatchObject({ message: 'the analyser crashed' })
  expect(first.collected(Entry)).toHaveLength(documents - 1)
  expect(first.counts.get('outline')).toMatchObject({ done: documents - 1, skipped: 1 })
  expect(computedFirst).toMatchObject({ read: documents, analyse: sections, summarise: documents - 1 })

  analyse.broken = false
  const second = await graph.run(inputs)
  const computedSecond = worked()
  expect(second).toMatchObject({ inputs: documents, succeeded: documents, failed: 0 })
  expect(second.collected(Entry)).toHaveLength(documents)
  expect(computedSecond).toEqual({ read: 0, split: 0, analyse: 1, summarise: 1, index: 1 })

  const third = await graph.run(inputs)
  expect(third.collected(Entry)).toEqual(second.collected(Entry))
  expect(worked()).toEqual({ read: 0, split: 0, analyse: 0, summarise: 0, index: 0 })
  console.log(JSON.stringify({ documents, sections, computedFirst, computedSecond }))
  await cache.close()
})
