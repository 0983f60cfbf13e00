import { defineTask, type Run, type TaskOf, TaskWorker } from '@granary/core'
import { z } from 'zod'
import { Document } from './read-worker.js'

/** The documents that are summarized: the longest, each text once. */
export const Longest = defineTask(
  'longest',
  z.object({ documents: z.array(z.object({ path: z.string(), text: z.string() })) }),
)
export type Longest = TaskOf<typeof Longest>

/** Hands out the documents that were picked. */
export class PickWorker extends TaskWorker<Longest, Document> {
  readonly name = 'pick'
  readonly inputType = Longest
  readonly outputTypes = [Document]

  consumeWork({ documents }: Longest, run: Run<Document>) {
    for (const { text } of documents) run.publishWork(Document({ text }))
  }
}
