const WORDS = new Intl.Segmenter('en', { granularity: 'word' })

/** The words of a text as they stand there, also of one that puts no spaces between them. */
export function wordsIn(text: string): string[] {
  const words: string[] = []
  for (const { segment, isWordLike } of WORDS.segment(text)) if (isWordLike) words.push(segment)
  return words
}
