import { CachedTaskWorker, defineTask, type Run, type TaskOf } from '@granary/core'
import { z } from 'zod'
import { likenessesOf } from './minhash.js'
import { unpacked } from './sketch-worker.js'

/** The sketches of a whole corpus, the same wording once. */
export const Sketches = defineTask('sketches', z.object({ signatures: z.array(z.string()) }))
export type Sketches = TaskOf<typeof Sketches>

/** Which texts are near-duplicates, by their places in {@link Sketches}. */
export const Likenesses = defineTask(
  'likenesses',
  z.object({ found: z.array(z.object({ of: z.number(), to: z.number(), similarity: z.number() })) }),
)
export type Likenesses = TaskOf<typeof Likenesses>

/** Finds what is much alike in a corpus. One document more or less, and it is computed anew: it is quick. */
export class CompareWorker extends CachedTaskWorker<Sketches, Likenesses> {
  readonly name = 'compare'
  readonly inputType = Sketches
  readonly outputTypes = [Likenesses]
  override readonly caching = { version: '1', outsideKey: ['computations'] }
  /** Counted here and nowhere else, so that what the cache says of itself can be checked. */
  computations = 0

  consumeWork({ signatures }: Sketches, run: Run<Likenesses>) {
    this.computations++
    run.publishWork(Likenesses({ found: likenessesOf(signatures.map(unpacked)) }))
  }
}
