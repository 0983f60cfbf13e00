import { type Awaitable, defineTask, type Run, type Task, type TaskOf, TaskWorker, type TypeOf } from '@granary/core'
import { expect } from 'vitest'
import { z } from 'zod'
import type { GraphEvent } from '../src/index.js'

export const File = defineTask('file', z.object({ path: z.string() }))
export type File = TaskOf<typeof File>
export const Page = defineTask('page', z.object({ path: z.string(), number: z.number() }))
export type Page = TaskOf<typeof Page>
export const Note = defineTask('note', z.object({ text: z.string() }))
export type Note = TaskOf<typeof Note>
export const Book = defineTask('book', z.object({ path: z.string(), notes: z.array(z.string()) }))
export type Book = TaskOf<typeof Book>

interface Parts<Input extends Task, Output extends Task> {
  readonly name: string
  readonly from: TypeOf<Input>
  readonly to: readonly TypeOf<Output>[]
  readonly work?: (task: Input, run: Run<Output>) => Awaitable<void>
}

class Made<Input extends Task, Output extends Task> extends TaskWorker<Input, Output> {
  readonly name: string
  readonly inputType: TypeOf<Input>
  readonly outputTypes: readonly TypeOf<Output>[]
  /** What it was run on, in the order of beginning. */
  readonly seen: Input[] = []
  readonly #work: (task: Input, run: Run<Output>) => Awaitable<void>

  constructor({ name, from, to, work = () => {} }: Parts<Input, Output>) {
    super()
    this.name = name
    this.inputType = from
    this.outputTypes = to
    this.#work = work
  }

  consumeWork(task: Input, run: Run<Output>): Awaitable<void> {
    this.seen.push(task)
    return this.#work(task, run)
  }
}

/** An uncached worker of a line or two. */
export function worker<Input extends Task, Output extends Task = never>(
  parts: Parts<Input, Output>,
): Made<Input, Output> {
  return new Made(parts)
}

/** Publishes so many pages of a file. */
export function splitter(pages = 3, name = 'split'): Made<File, Page> {
  return worker({
    name,
    from: File,
    to: [Page],
    work({ path }, run) {
      for (let number = 1; number <= pages; number++) run.publishWork(Page({ path, number }))
    },
  })
}

/** Publishes a note of a page; what fails is said by its name, such as `a2`. */
export function reader(name = 'read', failing: readonly string[] = []): Made<Page, Note> {
  return worker({
    name,
    from: Page,
    to: [Note],
    work({ path, number }, run) {
      const text = `${path}${number}`
      if (failing.includes(text)) throw new Error(`cannot read ${text}`)
      run.publishWork(Note({ text }))
    },
  })
}

export function files(...paths: readonly string[]): File[] {
  return paths.map((path) => File({ path }))
}

/** Events as short text, such as `done read page`. */
export function told(events: GraphEvent[]): string[] {
  return events.map((event) => ('worker' in event ? `${event.type} ${event.worker} ${event.taskType}` : event.type))
}

/** Lets everything go on that waits for no more than promises. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

/** What `toThrow` is to find: misuse of a graph. */
export function refusal(code: string, message: string | RegExp = ''): Error {
  return expect.objectContaining({ name: 'GranaryError', code, message: expect.stringMatching(message) })
}
