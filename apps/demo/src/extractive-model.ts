import type { Answer, AnswerPart, Model, ModelRequest } from '@granary/llm'
import { wordsIn } from './words.js'

const SENTENCES = new Intl.Segmenter('en', { granularity: 'sentence' })
const SHORTEST_WORD = 4
/** Sentences that are shorter say little, and those that are longer are lists. */
const WORTHY = { least: 40, most: 300 }
const PICKED = 2

/**
 * No language model: it picks the sentences of a text that have most of its frequent words, and writes none. It shows the
 * pipeline where there is no key for a real one.
 */
export function extractiveModel(): Model {
  const generate = async (request: ModelRequest): Promise<Answer> => ({
    text: JSON.stringify({ summary: pickedFrom(textIn(request)) }),
    toolCalls: [],
    finish: 'stop',
    usage: { inputTokens: 0, outputTokens: 0, cachedInputTokens: 0, cacheWriteTokens: 0 },
  })
  return {
    provider: 'demo',
    name: 'extractive',
    generate,
    async *stream(request): AsyncGenerator<AnswerPart> {
      const answer = await generate(request)
      yield { type: 'text', text: answer.text }
      yield { type: 'end', answer }
    },
  }
}

/** The text that a worker shows: it stands as JSON below the prompt. */
function textIn({ messages }: ModelRequest): string {
  const content = messages[0]?.content
  const shown = typeof content === 'string' ? content : ''
  return JSON.parse(shown.slice(shown.indexOf('\n\n') + 2)).text
}

/** The best sentences, in the order of the text; its beginning where it has none. */
function pickedFrom(text: string): string {
  const sentences = Array.from(SENTENCES.segment(text), ({ segment }) => segment.replace(/\s+/g, ' ').trim())
  const frequency = new Map<string, number>()
  for (const word of sentences.flatMap(wordsOf)) frequency.set(word, (frequency.get(word) ?? 0) + 1)
  const scores = [...new Set(sentences)].map((sentence, i) => ({ sentence, i, score: score(sentence, frequency) }))
  const best = scores
    .filter(({ sentence }) => isWorthy(sentence))
    .sort((a, b) => b.score - a.score)
    .slice(0, PICKED)
    .sort((a, b) => a.i - b.i)
  return best.map(({ sentence }) => sentence).join(' ') || text.slice(0, WORTHY.most).trim() || '(nothing)'
}

/** Is it a sentence, as far as its length, its beginning and its end say? */
function isWorthy(sentence: string): boolean {
  return (
    sentence.length >= WORTHY.least && sentence.length <= WORTHY.most && /^[\p{Lu}\p{Lo}].*[.!?。]$/su.test(sentence)
  )
}

/** How frequent a sentence's words are in the text, on average. */
function score(sentence: string, frequency: ReadonlyMap<string, number>): number {
  const words = wordsOf(sentence)
  return words.reduce((sum, word) => sum + (frequency.get(word) ?? 0), 0) / Math.max(1, words.length)
}

function wordsOf(sentence: string): string[] {
  return wordsIn(sentence)
    .filter((word) => word.length >= SHORTEST_WORD)
    .map((word) => word.toLowerCase())
}
