import { expect, it } from 'vitest'
import { askBlindly } from './rigs/blind-explain.js'

it('N1: explains blind, and never gives a wrong reason', { timeout: 120_000 }, async () => {
  const { right, unknown, wrong } = await askBlindly(150, 4)
  expect(wrong).toEqual([])
  expect(right + unknown).toBe(150)
  expect(right).toBeGreaterThanOrEqual(140)
})
