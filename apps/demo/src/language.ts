import { setImmediate } from 'node:timers/promises'
import nlp from 'compromise'
import { flesch } from 'flesch'
import { franc } from 'franc-min'
import { syllable } from 'syllable'
import { wordsIn } from './words.js'

export interface Length {
  readonly words: readonly string[]
  readonly sentences: readonly string[]
}

const SENTENCES = new Intl.Segmenter('en', { granularity: 'sentence' })

/** Characters below which a language is guessed rather than recognized. */
const RECOGNIZABLE = 100
/** Words below which a reading ease says nothing. */
const MEASURABLE = 100
/** Longer ones are lists and data, and the time that tagging takes grows with the square of a sentence's length. */
const LONGEST_SENTENCE = 1_000
/** Sentences tagged at once, in some twenty milliseconds. */
const BATCH = 200
const PHRASES = 20
/** Words with single spaces between: where the punctuation is, one phrase ends. */
const NAME = /^[\p{L}\p{N}.'-]+( [\p{L}\p{N}.'-]+)+$/u

/** The words and sentences of a text, in any language, also in those that put no spaces between words. */
export function lengthOf(text: string): Length {
  const sentences: string[] = []
  const words: string[] = []
  for (const paragraph of text.split('\n\n')) {
    for (const { segment } of SENTENCES.segment(paragraph)) sentences.push(segment.trim())
    for (const word of wordsIn(paragraph)) words.push(word)
  }
  return { words, sentences: sentences.filter((sentence) => /\p{L}/u.test(sentence)) }
}

/** ISO 639-3 code of a text's language, `und` for a text that is too short. */
export function languageOf(text: string): string {
  return franc(text, { minLength: RECOGNIZABLE })
}

/** Flesch's reading ease of an English text; null for one that is too short. */
export function readingEaseOf({ words, sentences }: Length): number | null {
  if (words.length < MEASURABLE) return null
  const syllables = words.reduce((sum, word) => sum + syllable(word), 0)
  return flesch({ sentence: sentences.length, word: words.length, syllable: syllables })
}

/** Names of two words or more, such as `source map`, the most often used first. Lets others go on now and then. */
export async function phrasesOf(sentences: readonly string[], signal: AbortSignal): Promise<string[]> {
  const counts = new Map<string, number>()
  const taggable = sentences.filter(({ length }) => length <= LONGEST_SENTENCE)
  for (let at = 0; at < taggable.length; at += BATCH) {
    if (at > 0) await setImmediate()
    signal.throwIfAborted()
    for (const name of namesIn(taggable.slice(at, at + BATCH))) counts.set(name, (counts.get(name) ?? 0) + 1)
  }
  const ranked = [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))
  return ranked.slice(0, PHRASES).map(([name]) => name)
}

function namesIn(sentences: readonly string[]): string[] {
  const found: string[] = nlp(sentences.join('\n')).match('#Noun #Noun+').ifNo('(#Pronoun|#Determiner)').out('array')
  return found
    .map((name) => name.toLowerCase().replace(/^[^\p{L}]+|[^\p{L}\p{N}]+$/gu, ''))
    .filter((name) => NAME.test(name))
}
