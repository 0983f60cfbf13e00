import { describe, expect, it } from 'vitest'
import { extractiveModel } from '../src/extractive-model.js'

const ask = async (text: string) => {
  const content = `Summarize.\n\n${JSON.stringify({ text })}`
  const { text: answer } = await extractiveModel().generate({ messages: [{ role: 'user', content }] })
  return JSON.parse(answer).summary
}

describe('the extractive model', () => {
  it('picks the sentences with most of the frequent words, in their order', async () => {
    const text = [
      'The weather was mild on that day, and people were out.',
      'A cache keeps the results of expensive work for later use.',
      'Somebody had left a red umbrella on the bench by the river.',
      'Expensive work that a cache keeps is work that is done once.',
    ].join(' ')
    expect(await ask(text)).toBe(
      'A cache keeps the results of expensive work for later use. Expensive work that a cache keeps is work that is done once.',
    )
  })

  it('gives the beginning of a text that has no sentences', async () => {
    expect(await ask('one two')).toBe('one two')
    expect(await ask('')).toBe('(nothing)')
  })

  it('says the same as a stream', async () => {
    const parts = []
    const messages = [{ role: 'user' as const, content: 'x\n\n{"text":"one two"}' }]
    for await (const part of extractiveModel().stream({ messages })) parts.push(part.type)
    expect(parts).toEqual(['text', 'end'])
  })
})
