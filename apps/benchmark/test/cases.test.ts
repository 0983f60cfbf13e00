import { describe, expect, it } from 'vitest'
import { cases } from '../src/cases/index.js'

const FEW = 256

describe.each(cases.map((each) => [each.name, each] as const))('%s', (_name, { id, name, batch = 1, open }) => {
  it('gives right answers on both sides, before and after a run', async () => {
    const { close, ...sides } = await open()
    for (const side of Object.values(sides)) {
      for (let index = 0; index < 4; index++) expect(await side.answer(index)).toEqual(side.expected(index))
      const operations = Math.ceil(FEW / batch) * batch
      await side.ready?.(operations)
      await side.run(operations)
      for (let index = 0; index < 4; index++) expect(await side.answer(index)).toEqual(side.expected(index))
    }
    await close?.()
  })

  it('has a name that begins with its target', () => {
    expect(name.startsWith(`${id}-`)).toBe(true)
  })
})

it('gives every case a name of its own', () => {
  expect(new Set(cases.map(({ name }) => name)).size).toBe(cases.length)
})
