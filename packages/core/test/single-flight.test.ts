import { describe, expect, it } from 'vitest'
import { Flight, SingleFlight } from '../src/single-flight.js'
import { settled } from './stores.js'

/** A run that is ended by hand. */
function pending<T = string>() {
  const { promise, resolve, reject } = Promise.withResolvers<T>()
  return { run: () => promise, resolve, reject }
}

describe('one current run per key', () => {
  it('begins a run at once, and keeps it current until it has settled', async () => {
    const flights = new SingleFlight<string>()
    const { run, resolve } = pending()
    const flight = flights.start('k', run)
    expect(flights.current('k')).toBe(flight)
    expect(flights.size).toBe(1)
    resolve('v')
    expect(await flight.wait()).toBe('v')
    expect(flights.current('k')).toBeUndefined()
    expect(flight.current).toBe(false)
    expect(flights.size).toBe(0)
  })

  it('P8: shares the outcome, a rejection too', async () => {
    const flights = new SingleFlight<string>()
    const { run, reject } = pending()
    const waits = [flights.start('k', run).wait(), flights.current('k')?.wait(), flights.current('k')?.wait()]
    const error = new Error('failed')
    reject(error)
    for (const result of await Promise.allSettled(waits)) expect(result).toEqual({ status: 'rejected', reason: error })
    expect(flights.size).toBe(0)
  })

  it('lets a detached run go on for those who wait for it, while the next caller begins another', async () => {
    const flights = new SingleFlight<string>()
    const [first, second] = [pending(), pending()]
    const old = flights.start('k', first.run)
    const waiting = old.wait()
    flights.detach('k')
    expect(old.current).toBe(false)
    expect(flights.current('k')).toBeUndefined()
    const next = flights.start('k', second.run)
    first.resolve('old')
    expect(await waiting).toBe('old')
    expect(flights.current('k'), 'the end of the old run leaves the new one alone').toBe(next)
    second.resolve('new')
    expect(await next.wait()).toBe('new')
  })

  it('detaches the current run when another is started', () => {
    const flights = new SingleFlight<string>()
    const old = flights.start('k', pending().run)
    const next = flights.start('k', pending().run)
    expect([old.current, next.current, flights.size]).toEqual([false, true, 1])
  })

  it('detaches the runs whose keys are chosen', () => {
    const flights = new SingleFlight<string>()
    for (const key of ['a1', 'a2', 'b']) flights.start(key, pending().run)
    flights.detachWhere((key) => key.startsWith('a'))
    expect([flights.size, flights.current('b')?.current]).toEqual([1, true])
    flights.detach('never there')
  })

  it('fault 6: a run that fails after all have left, or that nobody waited for, is no unhandled rejection', async () => {
    const flights = new SingleFlight<string>()
    const { run, reject } = pending()
    flights.start('k', run)
    reject(new Error('nobody is there'))
    await settled()
    expect(flights.size).toBe(0)
  })

  it('lets a lone run be joined by nobody', async () => {
    const flight = Flight.alone(async () => 'v')
    expect(await flight.wait()).toBe('v')
  })
})

describe('aborting', () => {
  it("B13: ends one caller's wait, with its own reason, and nobody else's", async () => {
    const flights = new SingleFlight<string>()
    const { run, resolve } = pending()
    const flight = flights.start('k', run)
    const [one, other] = [new AbortController(), new AbortController()]
    const waits = [flight.wait(one.signal), flight.wait(other.signal)]
    one.abort('gone')
    await expect(waits[0]).rejects.toBe('gone')
    expect([flight.current, flight.signal.aborted]).toEqual([true, false])
    resolve('v')
    expect(await waits[1]).toBe('v')
    other.abort('too late')
    expect(flight.signal.aborted).toBe(false)
  })

  it('B13: of the last caller aborts the run, and detaches it', async () => {
    const flights = new SingleFlight<string>()
    const flight = flights.start('k', pending().run)
    const { signal } = flight
    const callers = [new AbortController(), new AbortController()]
    const waits = callers.map((caller) => flight.wait(caller.signal))
    callers[0]?.abort('first')
    expect(signal.aborted).toBe(false)
    callers[1]?.abort('last')
    expect([signal.aborted, signal.reason, flights.size]).toEqual([true, 'last', 0])
    await expect(Promise.allSettled(waits)).resolves.toMatchObject([{ reason: 'first' }, { reason: 'last' }])
  })

  it('B13: of all but one that has no signal does not abort the run', async () => {
    const flight = new SingleFlight<string>().start('k', pending().run)
    const caller = new AbortController()
    void flight.wait()
    const wait = flight.wait(caller.signal)
    caller.abort('gone')
    await expect(wait).rejects.toBe('gone')
    expect(flight.signal.aborted).toBe(false)
  })

  it('B13: before the wait begins ends it at once', async () => {
    const flight = new SingleFlight<string>().start('k', pending().run)
    await expect(flight.wait(AbortSignal.abort('before'))).rejects.toBe('before')
    expect(flight.signal.aborted).toBe(true)
  })

  it('gives a signal that was asked for late the reason of an earlier abort', () => {
    const flight = new SingleFlight<string>().start('k', pending().run)
    flight.fail('timeout')
    flight.wait().catch(() => {})
    expect(flight.signal.reason).toBe('timeout')
  })

  it('fault 20: leaves no listener on the signals of callers', async () => {
    const { run, resolve } = pending()
    const flight = new SingleFlight<string>().start('k', run)
    const { signal } = new AbortController()
    const listeners = new Set<unknown>()
    signal.addEventListener = (_: string, listener: unknown) => void listeners.add(listener)
    signal.removeEventListener = (_: string, listener: unknown) => void listeners.delete(listener)
    const wait = flight.wait(signal)
    expect(listeners.size).toBe(1)
    resolve('v')
    await wait
    expect(listeners.size).toBe(0)
  })

  it('fault 6: one signal of a thousand callers brings no warning', async () => {
    const { run, resolve } = pending()
    const flight = new SingleFlight<string>().start('k', run)
    const { signal } = new AbortController()
    const waits = Array.from({ length: 1_000 }, () => flight.wait(signal))
    resolve('v')
    await Promise.all(waits)
  })
})
