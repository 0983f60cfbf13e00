import { CachedTaskWorker, defineTask, type Run, type TaskOf } from '@granary/core'
import { z } from 'zod'
import { signatureOf } from './minhash.js'
import { Document } from './read-worker.js'
import { wordsIn } from './words.js'

/** What a text is compared by: its MinHash signature in base64; empty for one of a few words. */
export const Sketch = defineTask('sketch', z.object({ signature: z.string() }))
export type Sketch = TaskOf<typeof Sketch>

/** Makes a text comparable: 128 numbers that stand for its wording. */
export class SketchWorker extends CachedTaskWorker<Document, Sketch> {
  readonly name = 'sketch'
  readonly inputType = Document
  readonly outputTypes = [Sketch]
  override readonly caching = { version: '1', outsideKey: ['computations'] }
  /** Counted here and nowhere else, so that what the cache says of itself can be checked. */
  computations = 0

  consumeWork({ text }: Document, run: Run<Sketch>) {
    this.computations++
    const signature = signatureOf(wordsIn(text.toLowerCase()))
    run.publishWork(Sketch({ signature: signature === undefined ? '' : packed(signature) }))
  }
}

function packed({ buffer }: Uint32Array): string {
  return Buffer.from(buffer).toString('base64')
}

/** The signature in a {@link Sketch}; `undefined` where there is none. */
export function unpacked(signature: string): Uint32Array | undefined {
  if (signature === '') return undefined
  return new Uint32Array(new Uint8Array(Buffer.from(signature, 'base64')).buffer)
}
