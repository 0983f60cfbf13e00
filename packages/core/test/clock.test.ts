import fc from 'fast-check'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { systemClock } from '../src/index.js'

const HOUR = 3_600_000
const START = Date.UTC(2026, 0, 1)

/** The two times of a machine, moved by hand: as time goes by, as the wall clock is set, and as the machine sleeps. */
function machine() {
  let monotonic = 5_000.25
  let wall = START
  return {
    source: { monotonic: () => monotonic, wall: () => wall },
    passes(ms: number) {
      monotonic += ms
      wall += ms
    },
    wallIsSet(ms: number) {
      wall += ms
    },
    sleeps(ms: number) {
      wall += ms
    },
    get wall() {
      return wall
    },
  }
}

describe('now', () => {
  it('is wall time at first, and goes on with monotonic time', () => {
    const time = machine()
    const clock = systemClock(time.source)
    expect(clock.now()).toBeCloseTo(START, 3)
    time.passes(HOUR)
    expect(clock.now()).toBeCloseTo(START + HOUR, 3)
  })

  it('fault 24: does not go back with a wall clock that is set back an hour, nor afterwards', () => {
    const time = machine()
    const clock = systemClock(time.source)
    time.passes(1_000)
    const before = clock.now()
    time.wallIsSet(-HOUR)
    time.passes(1_000)
    expect(clock.now() - before).toBeCloseTo(1_000, 3)
    for (let call = 0; call < 200; call++) expect(clock.now() - before).toBeCloseTo(1_000, 3)
  })

  it('fault 24: goes on with a wall clock that is set on an hour, so that entries expire early rather than late', () => {
    const time = machine()
    const clock = systemClock(time.source)
    time.wallIsSet(HOUR)
    time.passes(1_000)
    expect(clock.now()).toBeCloseTo(START + HOUR + 1_000, 3)
    time.wallIsSet(-HOUR)
    time.passes(1_000)
    expect(clock.now(), 'and stays there').toBeCloseTo(START + HOUR + 2_000, 3)
  })

  it('fault 24: notices that the machine slept at the first call after a pause', () => {
    const time = machine()
    const clock = systemClock(time.source)
    clock.now()
    time.sleeps(8 * HOUR)
    time.passes(30)
    expect(clock.now()).toBeCloseTo(START + 8 * HOUR + 30, 3)
  })

  it('fault 24: notices that the machine slept within 64 calls of a program that never pauses', () => {
    const time = machine()
    const clock = systemClock(time.source)
    clock.now()
    time.sleeps(8 * HOUR)
    for (let call = 0; call < 64; call++) {
      time.passes(0.001)
      clock.now()
    }
    expect(clock.now()).toBeGreaterThan(START + 8 * HOUR)
  })

  it('follows no drift below a second', () => {
    const time = machine()
    const clock = systemClock(time.source)
    time.wallIsSet(900)
    time.passes(1_000)
    expect(clock.now()).toBeCloseTo(START + 1_000, 3)
  })

  it('fault 24: never goes back, whatever the wall clock does, and is never behind it by more than a second for long', () => {
    const step = fc.record({
      passes: fc.double({ min: 0, max: 100_000, noNaN: true }),
      wall: fc.integer({ min: -2 * HOUR, max: 2 * HOUR }),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 50 }), (steps) => {
        const time = machine()
        const clock = systemClock(time.source)
        let last = clock.now()
        for (const { passes, wall } of steps) {
          time.passes(passes)
          time.wallIsSet(wall)
          const now = clock.now()
          expect(now).toBeGreaterThanOrEqual(last)
          if (passes > 20) expect(now).toBeGreaterThanOrEqual(time.wall - 1_000.001)
          last = now
        }
      }),
    )
  })
})

describe('after', () => {
  afterEach(() => vi.useRealTimers())

  it('calls once, and not at all once it was cancelled', () => {
    vi.useFakeTimers()
    const clock = systemClock()
    const called: string[] = []
    clock.after(10, () => called.push('a'))
    const cancel = clock.after(10, () => called.push('b'))
    cancel()
    vi.advanceTimersByTime(9)
    expect(called).toEqual([])
    vi.advanceTimersByTime(100)
    expect(called).toEqual(['a'])
  })

  it('fault 23: does not turn a time beyond what a timer takes into a timer of 1 ms', () => {
    vi.useFakeTimers()
    let calls = 0
    systemClock().after(30 * 24 * HOUR, () => calls++)
    vi.advanceTimersByTime(24 * 24 * HOUR)
    expect(calls).toBe(0)
  })

  it('fault 23: a deadline of 30 days is not over after 24.8', () => {
    vi.useFakeTimers()
    let calls = 0
    systemClock().after(30 * 24 * HOUR, () => calls++)
    vi.advanceTimersByTime(29 * 24 * HOUR)
    expect(calls).toBe(0)
  })

  it('keeps no process alive', () => {
    const set = vi.spyOn(globalThis, 'setTimeout')
    systemClock().after(HOUR, () => {})()
    const [timer] = set.mock.results.map(({ value }) => value as NodeJS.Timeout)
    expect(timer?.hasRef()).toBe(false)
    set.mockRestore()
  })
})
