import { expect, it } from 'vitest'
import { Backoff } from '../src/backoff.js'

it('holds a key back until its time, and no other', () => {
  const backoff = new Backoff()
  expect(backoff.holds('a', 0)).toBe(false)
  backoff.postpone('a', 10)
  expect([backoff.holds('a', 9), backoff.holds('a', 10), backoff.holds('b', 9)]).toEqual([true, false, false])
  backoff.postpone('a', 20)
  expect(backoff.holds('a', 19)).toBe(true)
  backoff.forget('a')
  expect(backoff.holds('a', 19)).toBe(false)
})

it('remembers the 5,000 keys that failed last, and 10,000 at most', () => {
  const backoff = new Backoff()
  for (let i = 0; i < 100_000; i++) backoff.postpone(`k${i}`, 1)
  const held = Array.from({ length: 100_000 }, (_, i) => i).filter((i) => backoff.holds(`k${i}`, 0))
  expect(held.length).toBeLessThanOrEqual(10_000)
  expect(held.slice(-5_000)).toEqual(Array.from({ length: 5_000 }, (_, i) => 95_000 + i))
})

it('forgets a key in both halves of its memory', () => {
  const backoff = new Backoff()
  backoff.postpone('a', 1)
  for (let i = 0; i < 4_999; i++) backoff.postpone(`k${i}`, 1)
  backoff.postpone('a', 2)
  backoff.forget('a')
  expect(backoff.holds('a', 0)).toBe(false)
})
