import { expect, it } from 'vitest'
import { FakeClock } from '../src/fake-clock.js'

it('stands still until it is advanced', () => {
  const clock = new FakeClock()
  const start = clock.now()
  expect(clock.now()).toBe(start)
  clock.advance('1h')
  expect(clock.now()).toBe(start + 3_600_000)
})

it('starts at a fixed time, or at the one given', () => {
  expect(new FakeClock().now()).toBe(new FakeClock().now())
  expect(new FakeClock(5).now()).toBe(5)
})

it('fires timers in the order of their times, each at its own time', () => {
  const clock = new FakeClock(0)
  const fired: [string, number][] = []
  const arm = (name: string, ms: number) => clock.after(ms, () => fired.push([name, clock.now()]))
  arm('late', 30)
  arm('early', 10)
  arm('second of two', 20)
  arm('third of two', 20)
  arm('not due', 41)
  clock.advance(40)
  expect(fired).toEqual([
    ['early', 10],
    ['second of two', 20],
    ['third of two', 20],
    ['late', 30],
  ])
  expect(clock.now()).toBe(40)
  expect(clock.pending).toBe(1)
})

it('fires timers that are armed while others fire', () => {
  const clock = new FakeClock(0)
  const fired: number[] = []
  const tick = () => {
    fired.push(clock.now())
    clock.after(10, tick)
  }
  clock.after(10, tick)
  clock.advance(35)
  expect(fired).toEqual([10, 20, 30])
  expect(clock.pending).toBe(1)
})

it('does not fire what was cancelled, also while firing', () => {
  const clock = new FakeClock()
  let fired = 0
  const cancel = clock.after(10, () => fired++)
  clock.after(5, cancel)
  clock.advance(10)
  cancel()
  expect(fired).toBe(0)
  expect(clock.pending).toBe(0)
})

it('fires what is due now when advanced by 0, and refuses to go back', () => {
  const clock = new FakeClock()
  let fired = 0
  clock.after(0, () => fired++)
  expect(fired).toBe(0)
  clock.advance(0)
  expect(fired).toBe(1)
  expect(() => clock.advance(-1)).toThrow('advance')
})
