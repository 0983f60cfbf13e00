import { CachedTaskWorker, createCache, type Run, TaskWorker } from '@granary/core'
import { memory } from '@granary/memory'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { Graph, join } from '../src/index.js'
import { Book, File, Note, Page } from './workers.js'

class Split extends TaskWorker<File, Page> {
  readonly name = 'split'
  readonly inputType = File
  readonly outputTypes = [Page]
  consumeWork({ path }: File, run: Run<Page>) {
    // @ts-expect-error a note is not what it publishes
    expect(() => run.publishWork(Note({ text: path }))).toThrow()
    run.publishWork(Page({ path, number: 1 }))
  }
}

class Read extends CachedTaskWorker<Page, Note | Book> {
  readonly name = 'read'
  readonly inputType = Page
  readonly outputTypes = [Note, Book]
  consumeWork({ path }: Page, run: Run<Note | Book>) {
    run.publishWork(Note({ text: path }))
  }
}

class Index extends TaskWorker<Note, never> {
  readonly name = 'index'
  readonly inputType = Note
  readonly outputTypes = []
  consumeWork() {}
}

/** What does not compile is refused at run time too, for those without types. */
const refused = (wrong: () => unknown) => expect(wrong).toThrow(expect.objectContaining({ code: 'INVALID_GRAPH' }))

describe('G20: types', () => {
  const split = new Split()
  const read = new Read({ cache: createCache({ layers: [memory()] }) })
  const index = new Index()

  it('a connection that cannot carry a task does not compile', () => {
    const graph = new Graph({ entries: [split] })
    graph.connect(split, read).connect(read, index)
    // @ts-expect-error an index consumes notes, and the splitter publishes pages
    refused(() => graph.connect(split, index))
    // @ts-expect-error a splitter consumes files, and a reader publishes notes and books
    refused(() => graph.connect(read, split))
    // @ts-expect-error an index publishes nothing
    refused(() => graph.connect(index, read))
    // @ts-expect-error a file is no worker
    expect(() => graph.connect(split, File({ path: 'a' }))).toThrow()
  })

  it('nor one to or from a join that cannot', () => {
    const graph = new Graph({ entries: [split] })
    const bound = join({ name: 'bound', per: File, of: [Note], into: Book, combine: () => undefined })
    const noted = join({ name: 'noted', per: File, of: [Page, Note], into: Note, combine: () => undefined })
    graph.connect(split, noted).connect(split, read).connect(read, bound).connect(noted, index)
    // @ts-expect-error it gathers notes
    refused(() => graph.connect(split, bound))
    // @ts-expect-error an index consumes notes, and it makes books
    refused(() => graph.connect(bound, index))
  })

  it('an input that no entry consumes does not compile', async () => {
    const graph = new Graph({ entries: [split, index] }).collect(Page)
    await graph.run([File({ path: 'a' }), Note({ text: 'x' })])
    await graph.run(new Set([File({ path: 'a' })]))
    // @ts-expect-error no entry consumes pages
    await expect(graph.run([Page({ path: 'a', number: 1 })])).rejects.toThrow()
    // @ts-expect-error nor these
    await expect(graph.run([{ path: 'a' }])).rejects.toThrow()
    // @ts-expect-error a worker's own run is as strict
    await expect(split.run(Page({ path: 'a', number: 1 }))).rejects.toThrow()
  })

  it('are inferred for sinks, joins and results', async () => {
    const parts = join({
      name: 'parts',
      per: File,
      of: [Page, Note],
      into: Book,
      combine: ({ origin, parts, deliveries }) => {
        expectTypeOf(origin).toEqualTypeOf<File>()
        expectTypeOf(parts).toEqualTypeOf<readonly (Page | Note)[]>()
        expectTypeOf(deliveries[0]?.task).toEqualTypeOf<Page | Note | undefined>()
        // @ts-expect-error it makes books
        join({ name: 'x', per: File, of: [Page], into: Book, combine: () => Note({ text: '' }) })
        return Book({ path: origin.path, notes: [] })
      },
    })
    const graph = new Graph({ entries: [split] }).connect(split, parts).collect(Page, Book)
    graph.sink(Page, ({ task, origin }) => {
      expectTypeOf(task).toEqualTypeOf<Page>()
      expectTypeOf(origin<File>).returns.toEqualTypeOf<File | undefined>()
    })
    const note = worker()
    graph.connect(split, note).connect(note, parts)
    const result = await graph.run([File({ path: 'a' })])
    expectTypeOf(result.collected(Book)).toEqualTypeOf<readonly Book[]>()
    expect(result.collected(Book)).toHaveLength(1)
  })
})

function worker() {
  return new (class extends TaskWorker<Page, Note> {
    readonly name = 'note'
    readonly inputType = Page
    readonly outputTypes = [Note]
    consumeWork() {}
  })()
}
