import { defineTask } from '@granary/core'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { Graph, join } from '../src/index.js'
import { Book, File, files, Note, Page, reader, refusal, splitter, worker } from './workers.js'

describe('G20: a connection', () => {
  it('that cannot carry a task is refused when it is made', () => {
    const split = splitter()
    const shelve = worker({ name: 'shelve', from: Book, to: [] })
    const graph = new Graph({ entries: [split] })
    expect(() => graph.connect(split, shelve as never)).toThrow(
      refusal('INVALID_GRAPH', /split publishes page, and shelve consumes book/),
    )
    expect(() => graph.connect(shelve, split as never)).toThrow(refusal('INVALID_GRAPH', /shelve publishes nothing/))
  })

  it('between two types of one name is refused, with what to do', () => {
    const split = splitter()
    const OtherPage = defineTask('page', z.object({ html: z.string() }))
    const render = worker({ name: 'render', from: OtherPage, to: [] })
    expect(() => new Graph({ entries: [split] }).connect(split, render as never)).toThrow(
      refusal('INVALID_GRAPH', /two types of task named page: define it once, and import it/),
    )
  })

  it('that there is already is refused: tasks would be delivered twice', () => {
    const split = splitter()
    const read = reader()
    const graph = new Graph({ entries: [split] }).connect(split, read)
    expect(() => graph.connect(split, read)).toThrow(refusal('INVALID_GRAPH', /split is connected to read already/))
  })

  it('may come from several workers: one instance is one place, however often it is named', async () => {
    const one = splitter(1, 'one')
    const two = splitter(1, 'two')
    const read = reader()
    const graph = new Graph({ entries: [one, two] }).connect(one, read).connect(two, read).collect(Note)
    const result = await graph.run(files('a'))
    expect(result.collected(Note)).toHaveLength(2)
    expect(result.counts.get('read')?.done).toBe(2)
  })

  it('of two workers with one name is refused', () => {
    const split = splitter()
    const graph = new Graph({ entries: [split] }).connect(split, reader())
    expect(() => graph.connect(split, reader())).toThrow(
      refusal('INVALID_GRAPH', /two of its workers, joins and sinks are named read/),
    )
  })

  it('of anything else is refused', () => {
    const split = splitter()
    const graph = new Graph({ entries: [split] })
    for (const wrong of [undefined, {}, () => {}, File, { name: 'x', inputType: Page, outputTypes: 7 }])
      expect(() => graph.connect(split, wrong as never)).toThrow(
        refusal('INVALID_OPTION', /connects workers and joins/),
      )
  })
})

describe('G20: a graph does not run', () => {
  const run = (graph: { run(inputs: never[]): Promise<unknown> }) => graph.run([])

  it('where nothing takes what a worker publishes, unless it is collected or ignored', async () => {
    const split = splitter()
    const message = /split publishes page tasks, which nothing takes: connect a worker, or say sink, collect or ignore/
    await expect(run(new Graph({ entries: [split] }))).rejects.toThrow(refusal('INVALID_GRAPH', message))
    await run(new Graph({ entries: [split] }).ignore(Page))
    await run(new Graph({ entries: [split] }).collect(Page))
    await run(new Graph({ entries: [split] }).sink(Page, () => {}))
  })

  it('with a worker that no task comes to', async () => {
    const split = splitter()
    const graph = new Graph({ entries: [split] }).ignore(Page, Note).connect(splitter(1, 'other'), reader())
    await expect(run(graph)).rejects.toThrow(refusal('INVALID_GRAPH', /no task ever comes to other, read: connect/))
  })

  it('with a sink, or a type collected, that nothing publishes', async () => {
    const split = splitter()
    const sink = new Graph({ entries: [split] }).ignore(Page).sink(Note, () => {})
    await expect(run(sink)).rejects.toThrow(refusal('INVALID_GRAPH', /no task ever comes to sink of note/))
    const collected = new Graph({ entries: [split] }).ignore(Page).collect(Note)
    await expect(run(collected)).rejects.toThrow(refusal('INVALID_GRAPH', /nothing publishes the note tasks/))
  })

  it('with a join that waits for a type that nothing connected publishes', async () => {
    const split = splitter()
    const bound = join({ name: 'bound', per: File, of: [Page, Note], into: Book, combine: () => undefined })
    const graph = new Graph({ entries: [split] }).connect(split, bound).collect(Book)
    await expect(run(graph)).rejects.toThrow(refusal('INVALID_GRAPH', /bound waits for note tasks/))
  })
})

describe('G20: options', () => {
  const split = splitter()
  const build = (options: object) => () => new Graph({ entries: [split], ...options } as never)

  it.each([
    [{ entries: [] }, /needs entries/],
    [{ entries: split }, /needs entries/],
    [{ workers: 3 }, /no option workers/],
    [{ concurrency: 0 }, /concurrency is a whole number of at least 1, not 0/],
    [{ concurrency: 1.5 }, /not 1.5/],
    [{ maxDepth: 0 }, /maxDepth is a whole number/],
    [{ retry: { retries: -1 } }, /retry.retries is a whole number of at least 0/],
    [{ retry: { retries: 1, minDelay: 'soon' } }, /retry.minDelay: soon is not a duration/],
    [{ retry: { retries: 1, factor: 0 } }, /retry.factor is a number of at least 1/],
    [{ retry: { times: 1 } }, /no option times/],
  ])('%o are refused, with what to do', (options, message) => {
    expect(build(options)).toThrow(refusal('INVALID_OPTION', message))
  })

  it('name an entry once', () => {
    expect(build({ entries: [split, split] })).toThrow(refusal('INVALID_GRAPH', /split is named twice in entries/))
  })

  it('of a run, a sink, a limit and types are checked too', async () => {
    const graph = new Graph({ entries: [split] }).ignore(Page)
    const wrong = async (options: object, message: RegExp) =>
      await expect(graph.run([], options as never)).rejects.toThrow(refusal('INVALID_OPTION', message))
    await wrong({ onfailure: 'stop' }, /no option onfailure/)
    await wrong({ onFailure: 'explode' }, /onFailure is 'continue' or 'stop'/)
    await wrong({ keepFailures: -1 }, /keepFailures is a whole number/)
    expect(() => graph.sink(Page, 7 as never)).toThrow(refusal('INVALID_OPTION', /sink\(Summary/))
    expect(() => graph.sink('page' as never, () => {})).toThrow(refusal('INVALID_OPTION', /graph.sink takes types/))
    expect(() => graph.collect({} as never)).toThrow(refusal('INVALID_OPTION', /graph.collect takes types/))
    expect(() => graph.sink(Page, () => {}, { limit: 3 } as never)).toThrow(
      refusal('INVALID_OPTION', /no option limit/),
    )
    expect(() => graph.limit(split, { concurrency: 0 })).toThrow(refusal('INVALID_OPTION', /split: concurrency/))
    graph.limit(split, { concurrency: 1 })
    expect(() => graph.limit(split, { concurrency: 2 })).toThrow(refusal('INVALID_GRAPH', /limited already/))
    const result = await graph.run([])
    expect(() => result.collected(Page)).toThrow(refusal('INVALID_OPTION', /does not collect page tasks/))
  })
})
