import {
  type Awaitable,
  CachedTaskWorker,
  defineTask,
  type Run,
  type RunOptions,
  type StandardSchema,
  type TaskOf,
} from '@granary/core'

interface Data {
  readonly path: string
  readonly text: string
  readonly options: { readonly depth: number; readonly width: number; readonly strict?: boolean }
}

/** Takes all data as it is: schemas are not what is tried here. */
function schemaOf<T extends object>(): StandardSchema<T, T> {
  return { '~standard': { version: 1, vendor: 'test', validate: (value) => ({ value: value as T }) } }
}

export const Input = defineTask('input', schemaOf<Data>())
export type Input = TaskOf<typeof Input>
const Output = defineTask('output', schemaOf<{ readonly text: string }>())
type Output = TaskOf<typeof Output>

export function inputOf({ path, text, options }: Input): Data {
  return { path, text, options }
}

/** What the next run does besides its work. */
type Does = 'ttl' | 'decline' | 'grow' | 'fail' | (() => Awaitable<void>)

export class Worker extends CachedTaskWorker<Input, Output> {
  readonly name = 'blind'
  readonly inputType = Input
  readonly outputTypes = [Output]
  #does: Does | undefined

  override run(task: Input, options: RunOptions & { readonly does?: Does } = {}): Promise<readonly Output[]> {
    this.#does = options.does
    return super.run(task)
  }

  async consumeWork(task: Input, run: Run<Output>): Promise<void> {
    const does = this.#does
    this.#does = undefined
    run.tag(`own:${task.options.width}`)
    if (does === 'fail') throw new Error('as asked')
    if (does === 'ttl') run.ttl = 0
    if (typeof does === 'function') await does()
    const text = does === 'grow' ? 'x'.repeat(2_000_000) : task.text
    run.publishWork(Output({ text }), does === 'decline' ? { store: false } : {})
  }
}
