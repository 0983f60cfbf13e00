import { expect, it } from 'vitest'
import { likenessesOf, signatureOf, similarityOf } from '../src/minhash.js'

/** A text of so many words, each of them new where `vary` says so. */
const text = (words: number, vary: (i: number) => boolean = () => false) =>
  Array.from({ length: words }, (_, i) => (vary(i) ? `other${i}` : `word${i}`))

const signed = (words: readonly string[]) => signatureOf(words) as Uint32Array

/** Part of the shingles that two texts share, counted. */
function jaccard(a: readonly string[], b: readonly string[]): number {
  const [x, y] = [a, b].map((words) => new Set(words.slice(2).map((_, i) => words.slice(i, i + 3).join(' '))))
  const both = [...(x as Set<string>)].filter((shingle) => y?.has(shingle)).length
  return both / ((x?.size ?? 0) + (y?.size ?? 0) - both)
}

it('estimates how much of their wording two texts share', () => {
  const whole = text(600)
  for (const every of [4, 8, 15, 30, 60, 200]) {
    const changed = text(600, (i) => i % every === 0)
    expect(Math.abs(similarityOf(signed(whole), signed(changed)) - jaccard(whole, changed))).toBeLessThan(0.13)
  }
  expect(similarityOf(signed(whole), signed(whole))).toBe(1)
  expect(similarityOf(signed(whole), signed(text(600, () => true)))).toBeLessThan(0.05)
})

it('does not compare texts of a few words', () => {
  expect(signatureOf(text(13))).toBeUndefined()
  expect(signatureOf(text(14))).toBeDefined()
  expect(signatureOf(Array(100).fill('again'))).toBeUndefined()
})

it('gives each text the one before it that it is the most alike, and none that is not', () => {
  const near = text(600, (i) => i % 60 === 0)
  const texts = [text(600), text(500, () => true), near, text(3), text(600, (i) => i % 60 === 0 || i === 301)]
  const found = likenessesOf(texts.map(signatureOf))
  expect(found.map(({ of, to }) => [of, to])).toEqual([
    [2, 0],
    [4, 2],
  ])
  expect(found[1]?.similarity).toBeGreaterThan(0.95)
})
