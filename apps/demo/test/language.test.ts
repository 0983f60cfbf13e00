import { expect, it } from 'vitest'
import { languageOf, lengthOf, phrasesOf, readingEaseOf } from '../src/language.js'
import { textOf } from './demo.js'

const { signal } = new AbortController()

it('counts words and sentences, also where no spaces are between words', () => {
  const { words, sentences } = lengthOf('One two. Three?\n\nFour, five-six!')
  expect({ words: words.length, sentences: sentences.length }).toEqual({ words: 6, sentences: 3 })
  expect(lengthOf('私は猫です。名前はまだない。').words.length).toBeGreaterThan(4)
})

it('recognizes a language, unless the text is too short', () => {
  expect(languageOf(textOf(1))).toBe('eng')
  expect(
    languageOf('Der Speicher behält, was einmal berechnet wurde, und gibt es beim nächsten Mal zurück. '.repeat(2)),
  ).toBe('deu')
  expect(languageOf('A few words')).toBe('und')
})

it('finds a text of short words easier to read than one of long words', () => {
  const easy = readingEaseOf(lengthOf('The cat sat on the mat. '.repeat(30)))
  const hard = readingEaseOf(
    lengthOf('Organizational considerations necessitate extraordinary administrative deliberations. '.repeat(30)),
  )
  expect(easy).toBeGreaterThan(100)
  expect(hard).toBeLessThan(0)
  expect(readingEaseOf(lengthOf('Too short.'))).toBeNull()
})

it('names what a text speaks of, the most often first', async () => {
  const sentences = ['Open the source map.', 'A source map is a file.', 'The release plan is long.']
  expect(await phrasesOf(sentences, signal)).toEqual(['source map', 'release plan'])
})

it('passes over what is too long for a sentence, which would take for ever', async () => {
  expect(await phrasesOf(['the cat sat on the source map and then '.repeat(20_000)], signal)).toEqual([])
})

it('ends when it is told to', async () => {
  await expect(phrasesOf(['The source map.'], AbortSignal.abort(new Error('enough')))).rejects.toThrow('enough')
})
