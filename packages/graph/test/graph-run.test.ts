import { describe, expect, it } from 'vitest'
import { type Delivery, Graph, GraphError, type GraphEvent } from '../src/index.js'
import { File, files, Note, Page, reader, refusal, settled, splitter, told, worker } from './workers.js'

describe('G20: a run', () => {
  it('takes tasks from worker to worker, by their types, and gives what is collected in the order of inputs', async () => {
    const split = splitter(2)
    const read = reader()
    const graph = new Graph({ entries: [split] }).connect(split, read).collect(Note)
    const result = await graph.run(files('a', 'b'))
    expect(result.collected(Note).map(({ text }) => text)).toEqual(['a1', 'a2', 'b1', 'b2'])
    expect(result).toMatchObject({ inputs: 2, succeeded: 2, failed: 0, failures: [] })
    expect(Object.fromEntries(result.counts)).toEqual({
      split: { done: 2, published: 4, failed: 0, retried: 0, skipped: 0 },
      read: { done: 4, published: 4, failed: 0, retried: 0, skipped: 0 },
    })
  })

  it('collects in the order of inputs and of publishing, whatever finishes first', async () => {
    const split = splitter(3)
    const waits: (() => void)[] = []
    const read = worker({
      name: 'read',
      from: Page,
      to: [Note],
      async work({ path, number }, run) {
        await new Promise<void>((go) => waits.push(go))
        run.publishWork(Note({ text: `${path}${number}` }))
      },
    })
    const running = new Graph({ entries: [split] }).connect(split, read).collect(Note).run(files('a', 'b'))
    while (waits.length < 6) await settled()
    for (const go of waits.toReversed()) {
      go()
      await settled()
    }
    expect((await running).collected(Note).map(({ text }) => text)).toEqual(['a1', 'a2', 'a3', 'b1', 'b2', 'b3'])
  })

  it('delivers to every consumer of a type, and to every sink of it', async () => {
    const split = splitter(1)
    const [first, second] = [reader('first'), reader('second')]
    const taken: string[] = []
    const graph = new Graph({ entries: [split] })
      .connect(split, first)
      .connect(split, second)
      .sink(Note, ({ worker, task }) => taken.push(`${worker} ${task.text}`))
      .sink(Note, ({ task }) => taken.push(`again ${task.text}`))
      .sink(Page, ({ task }) => taken.push(`page ${task.number}`))
    const { counts } = await graph.run(files('a'))
    expect(taken.toSorted()).toEqual(['again a1', 'again a1', 'first a1', 'page 1', 'second a1'])
    expect([...counts.keys()].toSorted()).toEqual(
      ['first', 'second', 'sink of note', 'sink of note 2', 'sink of page', 'split'].toSorted(),
    )
  })

  it('gives an input to every entry that consumes its type, and to no other', async () => {
    const one = splitter(1, 'one')
    const two = splitter(1, 'two')
    const pages = reader('pages')
    const graph = new Graph({ entries: [one, two, pages] }).ignore(Page, Note)
    await graph.run([...files('a'), Page({ path: 'b', number: 7 })])
    expect([one, two, pages].map(({ seen }) => seen.length)).toEqual([1, 1, 1])
  })

  it('a worker that publishes the type that it consumes gets its own tasks only where it is connected to itself', async () => {
    const halve = () =>
      worker({
        name: 'halve',
        from: Page,
        to: [Page],
        work({ path, number }, run) {
          if (number > 1) run.publishWork(Page({ path, number: Math.floor(number / 2) }))
        },
      })
    const once = halve()
    await new Graph({ entries: [once] }).collect(Page).run([Page({ path: 'a', number: 9 })])
    expect(once.seen.map(({ number }) => number)).toEqual([9])

    const round = halve()
    const graph = new Graph({ entries: [round] }).connect(round, round).collect(Page)
    const result = await graph.run([Page({ path: 'a', number: 9 })])
    expect(round.seen.map(({ number }) => number)).toEqual([9, 4, 2, 1])
    expect(result.collected(Page).map(({ number }) => number)).toEqual([4, 2, 1])
  })

  it('ends an endless loop after maxDepth workers, as a failure that names its path', async () => {
    const grow = worker({
      name: 'grow',
      from: Page,
      to: [Page],
      work: ({ path, number }, run) => run.publishWork(Page({ path, number: number + 1 })),
    })
    const graph = new Graph({ entries: [grow], maxDepth: 3 }).connect(grow, grow)
    const { failures, counts } = await graph.run([Page({ path: 'a', number: 1 })])
    expect(counts.get('grow')).toMatchObject({ done: 3, failed: 1 })
    expect(failures[0]?.error).toEqual(refusal('TOO_DEEP', /came to grow through 3 workers/))
    expect(String(failures[0])).toBe('page → grow → page → grow → page → grow → page → grow')
  })

  it('takes inputs from an async generator as there is room for them', async () => {
    const split = splitter(1)
    let made = 0
    let most = 0
    async function* make() {
      for (; made < 500; made++) {
        most = Math.max(most, made - done)
        yield File({ path: String(made) })
      }
    }
    let done = 0
    const graph = new Graph({ entries: [split], concurrency: 2 }).sink(Page, async () => {
      await settled()
      done++
    })
    const result = await graph.run(make())
    expect(result.inputs).toBe(500)
    expect(most).toBeLessThanOrEqual(12)
  })

  it('of no inputs gives an empty result', async () => {
    const split = splitter()
    expect(await new Graph({ entries: [split] }).collect(Page).run([])).toMatchObject({ inputs: 0, succeeded: 0 })
  })

  it('runs that go on at the same time never mix', async () => {
    const split = splitter(2)
    const read = reader('read', ['b1'])
    const graph = new Graph({ entries: [split], concurrency: 2 }).connect(split, read).collect(Note)
    const results = await Promise.all(['a', 'b', 'c'].map((path) => graph.run(files(path, `${path}x`))))
    expect(results.map((result) => result.collected(Note).map(({ text }) => text))).toEqual([
      ['a1', 'a2', 'ax1', 'ax2'],
      ['b2', 'bx1', 'bx2'],
      ['c1', 'c2', 'cx1', 'cx2'],
    ])
    expect(results.map(({ failed }) => failed)).toEqual([0, 1, 0])
  })

  it('what is connected while it goes on is for the next', async () => {
    const split = splitter(1)
    const read = reader()
    const graph = new Graph({ entries: [split] }).ignore(Page)
    const running = graph.run(files('a'))
    graph.connect(split, read).ignore(Note)
    await running
    expect(read.seen).toHaveLength(0)
    await graph.run(files('a'))
    expect(read.seen).toHaveLength(1)
  })
})

describe('G20: a failure', () => {
  it('leaves the other branches alone, and is reported with the path of tasks that led there', async () => {
    const split = splitter(3)
    const read = reader('read', ['a2'])
    const graph = new Graph({ entries: [split] }).connect(split, read).collect(Note)
    const result = await graph.run(files('a', 'b'))
    expect(result.collected(Note).map(({ text }) => text)).toEqual(['a1', 'a3', 'b1', 'b2', 'b3'])
    expect(result).toMatchObject({ inputs: 2, succeeded: 1, failed: 1 })
    const [failure] = result.failures
    expect(failure?.error).toEqual(new Error('cannot read a2'))
    expect(failure).toMatchObject({ worker: 'read', attempts: 1 })
    expect(failure?.delivery.path().map(({ task }) => ({ ...task }))).toEqual([{ path: 'a' }, { path: 'a', number: 2 }])
    expect(String(failure)).toBe('file → split → page → read')
  })

  it('of a sink is one like any other', async () => {
    const split = splitter(2)
    const graph = new Graph({ entries: [split] }).sink(Page, async ({ task }) => {
      if (task.number === 1) throw new Error('full')
    })
    const { failures, counts } = await graph.run(files('a'))
    expect(failures.map(String)).toEqual(['file → split → page → sink of page'])
    expect(counts.get('sink of page')).toMatchObject({ done: 1, failed: 1 })
  })

  it("stops the run where onFailure is 'stop', with a GraphError that names the path and no data", async () => {
    const split = splitter(50)
    const read = reader('read', ['secret1'])
    const graph = new Graph({ entries: [split], concurrency: 1 }).connect(split, read).ignore(Note)
    const error: GraphError = await graph.run(files('secret'), { onFailure: 'stop' }).then(
      () => expect.unreachable(),
      (thrown) => thrown,
    )
    expect(error).toBeInstanceOf(GraphError)
    expect(error.message).toBe('the graph stopped at a failure: file → split → page → read')
    expect(error.cause).toEqual(new Error('cannot read secret1'))
    expect(error.failure.delivery.task).toMatchObject({ path: 'secret', number: 1 })
    expect(read.seen).toHaveLength(1)
  })

  it('is counted beyond those that the result keeps', async () => {
    const split = splitter(5)
    const read = reader('read', ['a1', 'a2', 'a3'])
    const graph = new Graph({ entries: [split] }).connect(split, read).ignore(Note)
    expect(await graph.run(files('a'), { keepFailures: 1 })).toMatchObject({
      failed: 3,
      failures: [{ worker: 'read' }],
    })
  })

  it('passes on what was thrown unchanged, also what is no error', async () => {
    const thrown = { code: 7 }
    const work = worker({ name: 'work', from: File, to: [], work: () => Promise.reject(thrown) })
    const graph = new Graph({ entries: [work] })
    expect((await graph.run(files('a'))).failures[0]?.error).toBe(thrown)
  })

  it('of what makes the inputs ends the run', async () => {
    const split = splitter(1)
    const graph = new Graph({ entries: [split] }).ignore(Page)
    function* make() {
      yield File({ path: 'a' })
      throw new Error('no more')
    }
    await expect(graph.run(make())).rejects.toThrow('no more')
  })

  it('of an input that no entry consumes: an array is refused before anything is done', async () => {
    const split = splitter(1)
    const graph = new Graph({ entries: [split] }).ignore(Page)
    const wrong = [...files('a'), Note({ text: 'x' })] as never
    await expect(graph.run(wrong)).rejects.toThrow(refusal('INVALID_TASK', /entries consume file tasks/))
    expect(split.seen).toHaveLength(0)
    await expect(graph.run(new Set(wrong) as never)).rejects.toThrow(refusal('INVALID_TASK'))
    for (const none of [undefined, 7, File({ path: 'a' })])
      await expect(graph.run(none as never)).rejects.toThrow(refusal('INVALID_OPTION', /run\(\[task\]\)/))
  })
})

describe('G20: an abort', () => {
  it('before the run does nothing', async () => {
    const split = splitter()
    const graph = new Graph({ entries: [split] }).ignore(Page)
    await expect(graph.run(files('a'), { signal: AbortSignal.abort('before') })).rejects.toBe('before')
    expect(split.seen).toHaveLength(0)
  })

  it('reaches workers and sinks, begins no other work, and accounts for each delivery', async () => {
    const caller = new AbortController()
    const split = splitter(40)
    const reasons: unknown[] = []
    const events: GraphEvent[] = []
    const read = worker({
      name: 'read',
      from: Page,
      to: [],
      work: async (_, run) => {
        await new Promise((_, reject) => run.signal.addEventListener('abort', reject))
      },
    })
    const graph = new Graph({ entries: [split], concurrency: 20 }).connect(split, read).sink(
      Page,
      async (_, { signal }) => {
        signal.addEventListener('abort', () => reasons.push(signal.reason))
        await new Promise(() => {})
      },
      { concurrency: 3 },
    )
    const running = graph.run(files('a'), { signal: caller.signal, onEvent: (event) => events.push(event) })
    for (let turn = 0; turn < 10; turn++) await settled()
    const begun = read.seen.length
    caller.abort('enough')
    await expect(running).rejects.toBe('enough')
    expect(reasons).toEqual(['enough', 'enough', 'enough'])
    expect(read.seen).toHaveLength(begun)
    const names = told(events)
    const count = (name: string) => names.filter((each) => each === name).length
    expect(count('done split file')).toBe(1)
    expect(count('abort read page') + count('abort sink of page page')).toBe(80)
    expect(count('start read page') + count('start sink of page page')).toBe(20)
    expect(count('finish')).toBe(0)
  })

  it('does not wait for a generator of inputs that hangs, and lets one clean up', async () => {
    const split = splitter(1)
    const graph = new Graph({ entries: [split] }).ignore(Page)
    const hang = new AbortController()
    async function* hanging() {
      yield File({ path: 'a' })
      await new Promise(() => {})
    }
    const running = graph.run(hanging(), { signal: hang.signal })
    await settled()
    hang.abort('gone')
    await expect(running).rejects.toBe('gone')

    let cleaned = false
    const busy = new AbortController()
    async function* endless() {
      try {
        for (;;) {
          await settled()
          yield File({ path: 'a' })
        }
      } finally {
        cleaned = true
      }
    }
    const stopping = graph.run(endless(), { signal: busy.signal })
    await settled()
    busy.abort('done')
    await expect(stopping).rejects.toBe('done')
    await settled()
    await settled()
    expect(cleaned).toBe(true)
  })

  it('leaves no listener on the signal of a run that has ended', async () => {
    const { signal } = new AbortController()
    const listeners = new Set<unknown>()
    const add = signal.addEventListener.bind(signal)
    signal.addEventListener = (type: string, listener: never) => {
      listeners.add(listener)
      add(type, listener)
    }
    const remove = signal.removeEventListener.bind(signal)
    signal.removeEventListener = (type: string, listener: never) => {
      listeners.delete(listener)
      remove(type, listener)
    }
    const split = splitter(20)
    await new Graph({ entries: [split] }).sink(Page, () => settled()).run(files('a'), { signal })
    expect(listeners.size).toBe(0)
  })
})

describe('G20: a delivery', () => {
  it('tells which tasks it came from, which the task itself does not know', async () => {
    const split = splitter(1)
    const read = reader()
    const taken: Delivery<Note>[] = []
    const graph = new Graph({ entries: [split] }).connect(split, read).sink(Note, (delivery) => taken.push(delivery))
    await graph.run(files('a'))
    const [delivery] = taken
    expect(delivery?.origins().map((task) => ({ ...task }))).toEqual([{ path: 'a' }, { path: 'a', number: 1 }])
    expect(delivery?.origin(File)?.path).toBe('a')
    expect(delivery?.origin(Note)).toBeUndefined()
    expect(delivery?.path().map(({ worker }) => worker)).toEqual([undefined, 'split', 'read'])
    expect(Object.keys(delivery?.task ?? {})).toEqual(['text'])
    expect(Object.isFrozen(delivery?.task)).toBe(true)
  })
})
