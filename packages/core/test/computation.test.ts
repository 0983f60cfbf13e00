import { expect, it } from 'vitest'
import { CurrentComputation } from '../src/computation.js'
import { granaryError } from './expectations.js'

const { signal } = new AbortController()

it('has the tags of the call and those that were added, each once', () => {
  const run = new CurrentComputation(['a', 'b'], () => signal)
  run.tag('b', 'c')
  run.tag()
  run.tag('d')
  expect(run.tags).toEqual(['a', 'b', 'c', 'd'])
})

it('refuses a tag that is none, at once', () => {
  const run = new CurrentComputation([], () => signal)
  for (const tag of ['', '\ud800', 'x'.repeat(1_025), undefined])
    expect(() => run.tag('good', tag as string)).toThrow(granaryError('INVALID_KEY', /^a tag is/))
})

it('says nothing about its result unless told to', () => {
  const run = new CurrentComputation([], () => signal)
  expect([run.ttl, run.cost, run.store, run.tags]).toEqual([undefined, 0, true, []])
})

it('asks for its signal when that is read, and not before', () => {
  let asked = 0
  const run = new CurrentComputation([], () => {
    asked++
    return signal
  })
  expect(asked).toBe(0)
  expect(run.signal).toBe(signal)
  expect(asked).toBe(1)
})
