import { CachedTaskWorker, createCache, defineTask, type Run } from '@granary/core'
import { memory } from '@granary/memory'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { Graph, type GraphEvent, type Joined, join } from '../src/index.js'
import { Book, File, files, Note, Page, reader, refusal, settled, splitter, told, worker } from './workers.js'

const bind = ({ origin, parts }: Joined<File, Note>) =>
  Book({ path: origin.path, notes: parts.map(({ text }) => text) })
const perFile = (incomplete: 'skip' | 'join' = 'skip') =>
  join({ name: 'per file', per: File, of: [Note], into: Book, combine: bind, incomplete })

/** Files, split into pages, read into notes, bound into books. */
function library({ split = splitter(3), read = reader(), bound = perFile() } = {}) {
  return new Graph({ entries: [split] }).connect(split, read).connect(read, bound).collect(Book)
}

const notesOf = (books: readonly Book[]) => books.map(({ path, notes }) => `${path}: ${notes.join(' ')}`)

describe('G20: a join', () => {
  it('waits for all that came from one task, and makes one task of it', async () => {
    const { counts, ...result } = await library().run(files('a', 'b'))
    expect(notesOf(result.collected(Book))).toEqual(['a: a1 a2 a3', 'b: b1 b2 b3'])
    expect(counts.get('per file')).toEqual({ done: 2, published: 2, failed: 0, retried: 0, skipped: 0 })
  })

  it('makes the same task whatever finishes first, so that the worker after it is replayed from the cache', async () => {
    const cache = createCache({ layers: [memory()] })
    let bindings = 0
    class Index extends CachedTaskWorker<Book, Note> {
      readonly name = 'index'
      readonly inputType = Book
      readonly outputTypes = [Note]
      consumeWork({ notes }: Book, run: Run<Note>) {
        bindings++
        run.publishWork(Note({ text: notes.join('+') }))
      }
    }
    const indices: string[] = []
    for (const order of ['forwards', 'backwards']) {
      const waiting: (() => void)[] = []
      const read = worker({
        name: 'read',
        from: Page,
        to: [Note],
        async work({ path, number }, run) {
          await new Promise<void>((go) => waiting.push(go))
          run.publishWork(Note({ text: `${path}${number}` }))
        },
      })
      const split = splitter(3)
      const index = new Index({ cache })
      const bound = perFile()
      const graph = new Graph({ entries: [split] })
        .connect(split, read)
        .connect(read, bound)
        .connect(bound, index)
        .sink(Note, ({ worker, task }) => worker === 'index' && indices.push(task.text))
      const running = graph.run(files('a'))
      while (waiting.length < 3) await settled()
      for (const go of order === 'forwards' ? waiting : waiting.toReversed()) {
        go()
        await settled()
      }
      await running
    }
    expect(indices).toEqual(['a1+a2+a3', 'a1+a2+a3'])
    expect(bindings).toBe(1)
    await cache.close()
  })

  it('is made also of nothing, once, and may publish nothing', async () => {
    expect(notesOf((await library({ split: splitter(0) }).run(files('a'))).collected(Book))).toEqual(['a: '])
    const silent = join({ name: 'silent', per: File, of: [Note], into: Book, combine: () => undefined })
    const result = await library({ bound: silent }).run(files('a'))
    expect(result.collected(Book)).toEqual([])
    expect(result.counts.get('silent')).toMatchObject({ done: 1, published: 0 })
  })

  it('is skipped where a part is missing after a failure, and the others are made', async () => {
    const events: GraphEvent[] = []
    const result = await library({ read: reader('read', ['a2']) }).run(files('a', 'b'), {
      onEvent: (event) => events.push(event),
    })
    expect(notesOf(result.collected(Book))).toEqual(['b: b1 b2 b3'])
    expect(result.counts.get('per file')).toMatchObject({ done: 1, skipped: 1, failed: 0 })
    expect(result.failures.map(String)).toEqual(['file → split → page → read'])
    expect(told(events)).toContain('skip per file file')
    expect(told(events)).toContain('join per file file')
  })

  it("takes what there is where incomplete is 'join', and is told what failed", async () => {
    const failures: string[] = []
    const bound = join({
      name: 'per file',
      per: File,
      of: [Note],
      into: Book,
      incomplete: 'join',
      combine: (joined) => {
        failures.push(...joined.failures.map(String))
        return bind(joined)
      },
    })
    const result = await library({ read: reader('read', ['a2']), bound }).run(files('a'))
    expect(notesOf(result.collected(Book))).toEqual(['a: a1 a3'])
    expect(failures).toEqual(['file → split → page → read'])
    expect(result).toMatchObject({ failed: 1, succeeded: 0 })
  })

  it('is skipped too where the task itself could not be worked on', async () => {
    const split = worker({ name: 'split', from: File, to: [Page], work: () => Promise.reject(new Error('unreadable')) })
    const result = await library({ split }).run(files('a'))
    expect(result.counts.get('per file')).toMatchObject({ done: 0, skipped: 1 })
  })

  it('that fails is a failure with the path of the task that its parts came from', async () => {
    const bound = join({
      name: 'per file',
      per: File,
      of: [Note],
      into: Book,
      combine: () => {
        throw new Error('no glue')
      },
    })
    const { failures } = await library({ bound }).run(files('a'))
    expect(failures.map(String)).toEqual(['file → per file'])
    expect(failures[0]?.error).toEqual(new Error('no glue'))
    const wrong = join({
      name: 'wrong',
      per: File,
      of: [Note],
      into: Book,
      combine: () => Note({ text: 'x' }) as never,
    })
    expect((await library({ bound: wrong }).run(files('a'))).failures[0]?.error).toEqual(
      refusal('UNDECLARED_OUTPUT', /makes book tasks/),
    )
  })

  it('does not wait for branches that lead elsewhere', async () => {
    const split = splitter(2)
    const read = reader()
    const bound = perFile()
    let release = () => {}
    const slow = worker({ name: 'slow', from: Page, to: [], work: () => new Promise<void>((go) => (release = go)) })
    let books = 0
    const graph = new Graph({ entries: [split] })
      .connect(split, slow)
      .connect(split, read)
      .connect(read, bound)
      .limit(slow, { concurrency: 1 })
      .sink(Book, () => books++)
    const running = graph.run(files('a'))
    for (let turn = 0; turn < 5; turn++) await settled()
    expect(books).toBe(1)
    release()
    await settled()
    release()
    await running
  })

  it('gathers several types', async () => {
    const split = splitter(1)
    const read = reader()
    const both = join({
      name: 'both',
      per: File,
      of: [Page, Note],
      into: Book,
      combine: ({ origin, parts }) => Book({ path: origin.path, notes: parts.map(({ $type }) => $type) }),
    })
    const graph = new Graph({ entries: [split] })
      .connect(split, read)
      .connect(split, both)
      .connect(read, both)
      .collect(Book)
    expect(notesOf((await graph.run(files('a'))).collected(Book))).toEqual(['a: page note'])
  })
})

const Folder = defineTask('folder', z.object({ name: z.string(), files: z.number() }))
const Shelf = defineTask('shelf', z.object({ name: z.string(), books: z.array(z.string()) }))

/** Folders of files, whose books become a shelf. */
function shelves({ failing = [] as string[], tolerant = false } = {}) {
  const list = worker({
    name: 'list',
    from: Folder,
    to: [File],
    work({ name, files }, run) {
      if (files < 0) throw new Error('no such folder')
      for (let i = 0; i < files; i++) run.publishWork(File({ path: `${name}${i}` }))
    },
  })
  const [split, read, bound] = [splitter(2), reader('read', failing), perFile(tolerant ? 'join' : 'skip')]
  const shelved = join({
    name: 'per folder',
    per: Folder,
    of: [Book],
    into: Shelf,
    combine: ({ origin, parts }) => Shelf({ name: origin.name, books: notesOf(parts) }),
  })
  return new Graph({ entries: [list], concurrency: 3 })
    .connect(list, split)
    .connect(split, read)
    .connect(read, bound)
    .connect(bound, shelved)
    .collect(Shelf)
}

describe('G20: joins of joins', () => {
  it('wait for those within', async () => {
    const result = await shelves().run([Folder({ name: 'x', files: 2 }), Folder({ name: 'y', files: 0 })])
    expect(result.collected(Shelf).map(({ books }) => books)).toEqual([['x0: x01 x02', 'x1: x11 x12'], []])
  })

  it('miss what those within missed, and not what they could do without', async () => {
    const inputs = [Folder({ name: 'x', files: 2 })]
    const strict = await shelves({ failing: ['x01'] }).run(inputs)
    expect(strict.counts.get('per file')).toMatchObject({ done: 1, skipped: 1 })
    expect(strict.counts.get('per folder')).toMatchObject({ done: 0, skipped: 1 })
    expect(strict.failed).toBe(1)
    const tolerant = await shelves({ failing: ['x01'], tolerant: true }).run(inputs)
    expect(tolerant.collected(Shelf).map(({ books }) => books)).toEqual([['x0: x02', 'x1: x11 x12']])
  })

  it('miss all that the worker would have published that failed before those within began', async () => {
    const inputs = [Folder({ name: 'x', files: -1 }), Folder({ name: 'y', files: 1 })]
    const result = await shelves({ tolerant: true }).run(inputs)
    expect(result.failures.map(String)).toEqual(['folder → list'])
    expect(result.collected(Shelf).map(({ name }) => name)).toEqual(['y'])
  })

  it('of one task follow each other: the second waits for what comes of the first', async () => {
    const split = splitter(2)
    const read = reader()
    const bound = perFile()
    const copy = worker({
      name: 'copy',
      from: Book,
      to: [Page],
      async work({ path, notes }, run) {
        await settled()
        for (const number of notes.keys()) run.publishWork(Page({ path, number: number + 7 }))
      },
    })
    const second = join({
      name: 'second',
      per: File,
      of: [Page],
      into: Book,
      combine: ({ origin, parts }) => Book({ path: origin.path, notes: parts.map(({ number }) => String(number)) }),
    })
    const results: string[] = []
    const graph = new Graph({ entries: [split] })
      .connect(split, read)
      .connect(read, bound)
      .connect(bound, copy)
      .connect(copy, second)
      .sink(Book, ({ worker, task }) => results.push(`${worker}: ${task.notes}`))
    await graph.run(files('a'))
    expect(results).toEqual(['per file: a1,a2', 'second: 7,8'])
  })

  it('go round in a loop, each round by itself', async () => {
    const Draft = defineTask('draft', z.object({ round: z.number() }))
    const Remark = defineTask('remark', z.object({ text: z.string() }))
    const Review = defineTask('review', z.object({ round: z.number(), remarks: z.array(z.string()) }))
    const critics = ['strict', 'kind'].map((name) =>
      worker({
        name,
        from: Draft,
        to: [Remark],
        work: ({ round }, run) => run.publishWork(Remark({ text: `${name} ${round}` })),
      }),
    )
    const review = join({
      name: 'review',
      per: Draft,
      of: [Remark],
      into: Review,
      combine: ({ origin, parts }) => Review({ round: origin.round, remarks: parts.map(({ text }) => text) }),
    })
    const revise = worker({
      name: 'revise',
      from: Review,
      to: [Draft],
      work({ round }, run) {
        if (round < 3) run.publishWork(Draft({ round: round + 1 }))
      },
    })
    const graph = new Graph({ entries: critics }).connect(review, revise).collect(Review)
    for (const critic of critics) graph.connect(critic, review).connect(revise, critic)
    const result = await graph.run([Draft({ round: 1 })])
    expect(result.collected(Review).map(({ round, remarks }) => [round, ...remarks])).toEqual([
      [1, 'strict 1', 'kind 1'],
      [2, 'strict 2', 'kind 2'],
      [3, 'strict 3', 'kind 3'],
    ])
  })

  it('know all origins of a joined task, and follow the common one as its path', async () => {
    const seen: string[][] = []
    const split = splitter(2)
    const read = reader()
    const bound = perFile()
    const graph = new Graph({ entries: [split] })
      .connect(split, read)
      .connect(read, bound)
      .sink(Book, (delivery) => {
        seen.push(delivery.origins().map(({ $type }) => $type))
        seen.push(delivery.path().map(({ task }) => task.$type))
        seen.push([delivery.origin(File)?.path ?? ''])
      })
    await graph.run(files('a'))
    expect(seen).toEqual([['file', 'page', 'note', 'page', 'note'], ['file', 'book'], ['a']])
  })
})

describe('a join that cannot work is refused', () => {
  const combine = () => undefined
  it('where parts can come that came from no such task', async () => {
    const split = splitter(1)
    const bound = join({ name: 'bound', per: Book, of: [Page], into: Note, combine })
    const books = worker({ name: 'books', from: Book, to: [Page] })
    const graph = new Graph({ entries: [split, books] }).connect(split, bound).connect(books, bound).collect(Note)
    await expect(graph.run([])).rejects.toThrow(
      refusal('INVALID_GRAPH', /page tasks can come to join bound that came from no book task/),
    )
  })

  it('where what it made can come back to it', async () => {
    const split = splitter(1)
    const bound = join({ name: 'bound', per: File, of: [Page], into: Page, combine })
    const graph = new Graph({ entries: [split] }).connect(split, bound).connect(bound, bound)
    await expect(graph.run([])).rejects.toThrow(refusal('INVALID_GRAPH', /or from one that it has joined already/))
  })

  it('where two wait for each other', async () => {
    const split = splitter(1)
    const read = reader()
    const one = join({ name: 'one', per: File, of: [Page, Book], into: Note, combine })
    const two = join({ name: 'two', per: File, of: [Note], into: Book, combine })
    const graph = new Graph({ entries: [split] })
      .connect(split, one)
      .connect(split, read)
      .connect(read, two)
      .connect(one, two)
      .connect(two, one)
    await expect(graph.run([])).rejects.toThrow(
      refusal('INVALID_GRAPH', /join (one|two) waits for another that waits for it/),
    )
  })

  it.each([
    [{ name: 'x', per: File, of: [], into: Book, combine }, /of is an array/],
    [{ name: 'x', per: File, of: [File], into: Book, combine }, /gathered by themselves/],
    [{ name: 'x', per: 'file', of: [Note], into: Book, combine }, /per and into are types/],
    [{ name: 'x', per: File, of: [Note], into: Book }, /combine is a function/],
    [{ name: 'x', per: File, of: [Note], into: Book, combine, incomplete: 'maybe' }, /incomplete is/],
    [{ name: 'x', per: File, of: [Note], into: Book, combine, partial: true }, /no option partial/],
  ])('by its options: %o', (options, message) => {
    expect(() => join(options as never)).toThrow(refusal('INVALID_OPTION', message))
  })
})
