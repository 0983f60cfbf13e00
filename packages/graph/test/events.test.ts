import { expect, it } from 'vitest'
import { Graph, type GraphEvent, join } from '../src/index.js'
import { Book, File, files, Note, reader, splitter, told } from './workers.js'

function library(options: { debug?: boolean } = {}) {
  const split = splitter(2)
  const read = reader('read', ['secret2', 'b2'])
  const bound = join({
    name: 'bound',
    per: File,
    of: [Note],
    into: Book,
    incomplete: 'join',
    combine: ({ origin }) => Book({ path: origin.path, notes: [] }),
  })
  return new Graph({ entries: [split], concurrency: 1, ...options })
    .connect(split, read)
    .connect(read, bound)
    .sink(Book, () => {})
}

it('G20: events tell of each step, and how far a run is', async () => {
  const events: GraphEvent[] = []
  await library().run(files('a'), { onEvent: (event) => events.push(event) })
  expect(told(events)).toEqual([
    'input',
    'start split file',
    'done split file',
    'start read page',
    'done read page',
    'start read page',
    'done read page',
    'join bound file',
    'start sink of book book',
    'done sink of book book',
    'finish',
  ])
  expect(events).toContainEqual({ type: 'input', taskType: 'file', inputs: 1 })
  expect(events).toContainEqual({ type: 'join', worker: 'bound', taskType: 'file', parts: 2 })
  expect(events).toContainEqual({ type: 'finish', ok: true, finished: 1, inputs: 1 })
})

it('fault 46: no task and no error is in an event, unless debug is on', async () => {
  const quiet: GraphEvent[] = []
  await library().run(files('secret'), { onEvent: (event) => quiet.push(event) })
  expect(quiet.map(({ type }) => type)).toContain('fail')
  expect(JSON.stringify(quiet)).not.toContain('secret')
  expect(quiet.filter((event) => 'delivery' in event || 'error' in event)).toEqual([])

  const loud: GraphEvent[] = []
  await library({ debug: true }).run(files('secret'), { onEvent: (event) => loud.push(event) })
  const failed = loud.find(({ type }) => type === 'fail')
  expect(failed).toMatchObject({ error: new Error('cannot read secret2'), delivery: { task: { path: 'secret' } } })
})

it('a listener that throws or rejects breaks nothing', async () => {
  for (const onEvent of [
    () => {
      throw new Error('broken')
    },
    () => Promise.reject(new Error('broken')),
  ])
    expect(await library().run(files('a'), { onEvent })).toMatchObject({ succeeded: 1 })
})
