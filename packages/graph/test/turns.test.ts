import { describe, expect, it } from 'vitest'
import { Graph } from '../src/index.js'
import { File, files, Note, Page, reader, settled, splitter, worker } from './workers.js'

describe('G20: concurrency', () => {
  it('is never more than the graph allows, nor at a worker more than its own limit, and is used', async () => {
    const working = new Map<string, number>()
    const most = new Map<string, number>()
    const during = async (name: string) => {
      for (const each of [name, 'all']) {
        working.set(each, (working.get(each) ?? 0) + 1)
        most.set(each, Math.max(most.get(each) ?? 0, working.get(each) ?? 0))
      }
      await settled()
      await settled()
      for (const each of [name, 'all']) working.set(each, (working.get(each) ?? 0) - 1)
    }
    const split = splitter(6)
    const slow = worker({ name: 'slow', from: Page, to: [], work: () => during('slow') })
    const quick = worker({ name: 'quick', from: Page, to: [], work: () => during('quick') })
    const graph = new Graph({ entries: [split], concurrency: 5 })
      .connect(split, slow)
      .connect(split, quick)
      .limit(slow, { concurrency: 2 })
      .sink(Page, () => during('sink'), { concurrency: 1 })
    await graph.run(files('a', 'b', 'c'))
    expect(Object.fromEntries(most)).toMatchObject({ all: 5, slow: 2, sink: 1 })
  })

  it('finishes what came far before it begins anything else', async () => {
    const order: string[] = []
    const split = splitter(2)
    const read = reader()
    const graph = new Graph({ entries: [split], concurrency: 1 })
      .connect(split, read)
      .sink(Note, ({ task }) => order.push(task.text))
    await graph.run(files('a', 'b'), {
      onEvent: (event) => event.type === 'start' && event.worker !== 'sink of note' && order.push(event.worker),
    })
    expect(order).toEqual(['split', 'read', 'a1', 'read', 'a2', 'split', 'read', 'b1', 'read', 'b2'])
  })

  it('keeps little waiting, also before a slow worker, of an endless generator of inputs', async () => {
    const split = splitter(1)
    let published = 0
    let read = 0
    let most = 0
    const slow = worker({
      name: 'slow',
      from: Page,
      to: [],
      async work() {
        read++
        await settled()
      },
    })
    function* make() {
      for (let i = 0; i < 2_000; i++) yield File({ path: String(i) })
    }
    const graph = new Graph({ entries: [split], concurrency: 4 }).connect(split, slow).limit(slow, { concurrency: 1 })
    await graph.run(make(), {
      onEvent: (event) => {
        if (event.type === 'done' && event.worker === 'split') published++
        most = Math.max(most, published - read)
      },
    })
    expect(read).toBe(2_000)
    expect(most).toBeLessThanOrEqual(2 * 4 + 4)
  })

  it('never stands still in a loop whose workers have more to do than they like', async () => {
    const step = (name: string, fan: number) =>
      worker({
        name,
        from: Page,
        to: [Page],
        async work({ path, number }, run) {
          await settled()
          if (number > 0) for (let i = 0; i < fan; i++) run.publishWork(Page({ path, number: number - 1 }))
        },
      })
    const [one, two] = [step('one', 3), step('two', 3)]
    const graph = new Graph({ entries: [one], concurrency: 2 }).connect(one, two).connect(two, one)
    const { counts } = await graph.run([Page({ path: 'a', number: 6 })])
    expect((counts.get('one')?.done ?? 0) + (counts.get('two')?.done ?? 0)).toBe((3 ** 7 - 1) / 2)
  })
})
