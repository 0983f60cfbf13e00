import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, it } from 'vitest'
import { Graph, join } from '../src/index.js'
import { Book, File, Note, Page, reader, splitter, worker } from './workers.js'

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

function heap(): number {
  collectGarbage()
  return process.memoryUsage().heapUsed
}

it('G20, fault 20: a run over 100,000 tasks holds on to none that was worked off', { timeout: 60_000 }, async () => {
  const split = splitter(4)
  const read = reader()
  // What they were run on is kept by these workers of the tests themselves.
  split.seen.push = read.seen.push = () => 0
  let seen = 0
  let early = 0
  let late = 0
  const graph = new Graph({ entries: [split] }).connect(split, read).sink(Note, () => {
    seen++
    if (seen === 20_000) early = heap()
    if (seen === 80_000) late = heap()
  })
  async function* inputs() {
    for (let i = 0; i < 25_000; i++) yield File({ path: `${i}` })
  }
  const result = await graph.run(inputs())
  expect(result).toMatchObject({ inputs: 25_000, succeeded: 25_000, failed: 0 })
  expect(result.counts.get('read')?.done).toBe(100_000)
  expect(late - early).toBeLessThan(4_000_000)
  expect(() => result.collected(Page)).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }))
})

it('G20, fault 20: a join holds its parts until it has joined them, and a failure is forgotten but for those that the result keeps', {
  timeout: 60_000,
}, async () => {
  const split = splitter(4)
  const read = worker({
    name: 'read',
    from: Page,
    to: [Note],
    work({ path, number }, run) {
      if (number === 1 && Number(path) % 10 === 0) throw new Error('as planned')
      run.publishWork(Note({ text: `${path}${number}` }))
    },
  })
  split.seen.push = read.seen.push = () => 0
  const bound = join({
    name: 'bound',
    per: File,
    of: [Note],
    into: Book,
    combine: ({ origin, parts }) => Book({ path: origin.path, notes: parts.map(({ text }) => text) }),
  })
  let books = 0
  let early = 0
  let late = 0
  const graph = new Graph({ entries: [split] })
    .connect(split, read)
    .connect(read, bound)
    .sink(Book, () => {
      books++
      if (books === 5_000) early = heap()
      if (books === 20_000) late = heap()
    })
  function* inputs() {
    for (let i = 0; i < 25_000; i++) yield File({ path: `${i}` })
  }
  const result = await graph.run(inputs(), { keepFailures: 10 })
  expect(result).toMatchObject({ inputs: 25_000, succeeded: 22_500, failed: 2_500 })
  expect(result.failures).toHaveLength(10)
  expect(result.counts.get('bound')).toMatchObject({ done: 22_500, skipped: 2_500 })
  expect(late - early).toBeLessThan(4_000_000)
})
