import { expect, it } from 'vitest'
import { askBlindly } from './rigs/blind-explain.js'

it('N1: explains blind, and never gives a wrong reason', { timeout: 120_000 }, async () => {
  const { right, unknown, wrong } = await askBlindly(150, 4)
  expect(wrong).toEqual([])
  expect(right + unknown).toBe(150)
  expect(right).toBeGreaterThanOrEqual(140)
})

it('N1: the blind questions find an explanation that guesses', { timeout: 120_000 }, async () => {
  const { wrong } = await askBlindly(100, 4, async (worker, task) => {
    const said = await worker.explain(task)
    // What is gone and past its time has expired, one might think.
    return said.cause === 'evicted' || said.cause === 'deleted' ? { ...said, cause: 'expired' } : said
  })
  expect(wrong.length).toBeGreaterThan(0)
})

it('N1: a cache in memory alone explains what it can, and never gives a wrong reason', {
  timeout: 120_000,
}, async () => {
  const { right, unknown, wrong } = await askBlindly(300, 43, undefined, false)
  expect(wrong).toEqual([])
  expect(right + unknown).toBe(300)
  expect(right).toBeGreaterThan(150)
})
