import { expect, it } from 'vitest'
import { FakeClock } from '../../testkit/src/index.js'
import { Overdue } from '../src/overdue.js'
import { settled } from './stores.js'

it('passes on what settles in time, and keeps no timer for it', async () => {
  const clock = new FakeClock()
  const overdue = new Overdue(clock, 100)
  const error = new Error('own')
  const kept = [overdue.limit(Promise.resolve(1)), overdue.limit(Promise.reject(error))]
  expect(await Promise.allSettled(kept)).toMatchObject([{ value: 1 }, { reason: error }])
  expect(clock.pending).toBe(0)
})

it('ends each wait at its own time, with one timer for all', async () => {
  const clock = new FakeClock()
  const overdue = new Overdue(clock, 100)
  const ended: string[] = []
  const wait = (name: string) => overdue.limit(new Promise(() => {})).catch(() => ended.push(name))
  void wait('a')
  clock.advance(40)
  void wait('b')
  expect(clock.pending).toBe(1)
  clock.advance(60)
  await settled()
  expect(ended).toEqual(['a'])
  clock.advance(39)
  await settled()
  expect(ended).toEqual(['a'])
  clock.advance(1)
  await settled()
  expect([ended, clock.pending]).toEqual([['a', 'b'], 0])
})

it('says how long it waited', async () => {
  const clock = new FakeClock()
  const waiting = new Overdue(clock, 100).limit(new Promise(() => {}))
  clock.advance(100)
  await expect(waiting).rejects.toThrow('the store did not answer within 100 ms')
})

it('fault 6: what fails after its time is no unhandled rejection', async () => {
  const clock = new FakeClock()
  const { promise, reject } = Promise.withResolvers<never>()
  const waiting = new Overdue(clock, 100).limit(promise)
  clock.advance(100)
  await expect(waiting).rejects.toThrow()
  reject(new Error('late'))
  await settled()
})

it('waits on for later promises when the first has settled', async () => {
  const clock = new FakeClock()
  const overdue = new Overdue(clock, 100)
  const { promise, resolve } = Promise.withResolvers<number>()
  const first = overdue.limit(promise)
  clock.advance(50)
  const second = overdue.limit(new Promise(() => {}))
  resolve(1)
  expect(await first).toBe(1)
  clock.advance(99)
  await settled()
  clock.advance(1)
  await expect(second).rejects.toThrow('100 ms')
})

it('gives the time again, once, in which the process stood still: the answers may lie there unread', async () => {
  const clock = new FakeClock()
  let stoodStill = 0
  const late = { now: () => clock.now() + stoodStill, after: clock.after.bind(clock) }
  const overdue = new Overdue(late, 100)
  const ended: string[] = []
  const { promise: answered, resolve: answer } = Promise.withResolvers<void>()
  void overdue.limit(answered).then(() => ended.push('answered'))
  void overdue.limit(new Promise(() => {})).catch(() => ended.push('overdue'))
  stoodStill = 3_000
  clock.advance(100)
  await settled()
  expect(ended).toEqual([])
  answer()
  await settled()
  expect(ended).toEqual(['answered'])
  stoodStill = 6_000
  clock.advance(100)
  await settled()
  expect(ended).toEqual(['answered', 'overdue'])
})
