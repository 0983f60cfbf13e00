import { expect, it } from 'vitest'
import { all, chain, isPromise } from '../src/awaitable.js'

it('tells a promise from a value', () => {
  const thenable: unknown = Object.fromEntries([['then', () => {}]])
  for (const promise of [Promise.resolve(1), thenable]) expect(isPromise(promise)).toBe(true)
  for (const value of [1, null, undefined, 'x', {}, Object.fromEntries([['then', 1]]), []])
    expect(isPromise<unknown>(value)).toBe(false)
})

it('goes on at once with what is there, and later with what comes', async () => {
  expect(chain(1, (n) => n + 1)).toBe(2)
  expect(await chain(Promise.resolve(1), (n) => n + 1)).toBe(2)
})

it('gives all at once if all are there, and a promise if one is not', async () => {
  expect(all([1, 2])).toEqual([1, 2])
  expect(all([])).toEqual([])
  expect(await all([1, Promise.resolve(2)])).toEqual([1, 2])
})
