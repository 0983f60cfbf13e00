import { CachedTaskWorker, defineTask, type Run, type TaskOf } from '@granary/core'
import { z } from 'zod'
import { Document } from './read-worker.js'

/** What was found out about a text. */
export const Analysis = defineTask(
  'analysis',
  z.object({
    words: z.number(),
    sentences: z.number(),
    /** ISO 639-3, `und` where the text is too short to tell. */
    language: z.string(),
    /** Flesch's reading ease, 100 for very easy to 0 for very hard; null where the text is not English or too short. */
    readingEase: z.number().nullable(),
    /** What is spoken of, the most often first; English only. */
    phrases: z.array(z.string()),
  }),
)
export type Analysis = TaskOf<typeof Analysis>

/** Measures a text: its length, language, readability, and the phrases that it uses most. */
export class AnalyseWorker extends CachedTaskWorker<Document, Analysis> {
  readonly name = 'analyse'
  readonly inputType = Document
  readonly outputTypes = [Analysis]
  /** To be raised with every change of what is computed, a library's new version included. */
  override readonly caching = { version: '1' }
  /** Counted here and nowhere else, so that what the cache says of itself can be checked. */
  computations = 0

  async consumeWork({ text }: Document, run: Run<Analysis>) {
    this.computations++
    // Loaded when it is needed: a run that computes nothing does not wait for the dictionaries.
    const { languageOf, lengthOf, phrasesOf, readingEaseOf } = await import('./language.js')
    const length = lengthOf(text)
    const language = languageOf(text)
    const isEnglish = language === 'eng'
    run.publishWork(
      Analysis({
        words: length.words.length,
        sentences: length.sentences.length,
        language,
        readingEase: isEnglish ? readingEaseOf(length) : null,
        phrases: isEnglish ? await phrasesOf(length.sentences, run.signal) : [],
      }),
    )
  }
}
