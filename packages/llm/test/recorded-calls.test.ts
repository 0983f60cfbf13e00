import { createCache } from '@granary/core'
import { FakeClock, mapStore } from '@granary/testkit'
import { describe, expect, it } from 'vitest'
import { type Call, RecordedCalls, type Source } from '../src/recorded-calls.js'
import { SavingsLedger } from '../src/savings.js'
import { NO_USAGE } from '../src/usage.js'
import { gate } from './open.js'

type TextCall = Call<string, string>

/** A source of these events, the last of which ends the answer; `after` is waited for then. */
function sourceOf(events: readonly string[], after: Promise<void> = Promise.resolve()): Source<string, string> {
  async function* all() {
    for (const [i, event] of events.entries()) yield { event, last: i === events.length - 1 }
    await after
  }
  const verdict = () => ({ unstorable: undefined, usage: { ...NO_USAGE, inputTokens: 7 }, model: 'm', texts: [] })
  return { head: 'head', kept: 'kept', streams: true, events: all(), verdict }
}

function open() {
  const clock = new FakeClock()
  const ledger = new SavingsLedger()
  const calls = new RecordedCalls<string, string>(clock, {}, ledger)
  const cache = createCache({ layers: [mapStore()], clock })
  const call = (start: TextCall['start'], more: Partial<TextCall> = {}): TextCall => {
    const usual = { key: 'k', mode: 'use', ttl: '1h', maxAge: undefined, signal: undefined, model: 'm' } as const
    return { cache, ...usual, start, ...more }
  }
  return { calls, call, clock, ledger }
}

async function all(events: AsyncIterable<string> | undefined): Promise<string[]> {
  const found: string[] = []
  for await (const event of events ?? []) found.push(event)
  return found
}

describe('a recorded call', () => {
  it('is stored at its last event, even if its only caller leaves right then', async () => {
    const { calls, call } = open()
    const late = gate()
    const opened = await calls.open(call(async () => sourceOf(['a', 'b'], late.promise)))
    expect(await all(opened.live?.follow())).toEqual(['a', 'b'])
    opened.leave(new Error('done'))
    late.open()
    await new Promise((resolve) => setImmediate(resolve))
    const again = await calls.open(call(() => Promise.reject(new Error('asked again'))))
    expect(again).toMatchObject({
      from: 'cache',
      head: 'kept',
      recording: {
        events: [
          [0, 'a'],
          [0, 'b'],
        ],
      },
    })
  })

  it('is left by its last caller: the provider is told, with the reason', async () => {
    const { calls, call } = open()
    const never = gate()
    let signal: AbortSignal | undefined
    async function* endless() {
      yield { event: 'a', last: false }
      await never.promise
    }
    const start: TextCall['start'] = async (given) => {
      signal = given
      return { ...sourceOf([]), events: endless() }
    }
    const [first, second] = [await calls.open(call(start)), await calls.open(call(start))]
    expect([first.from, second.from]).toEqual(['provider', 'joined'])
    first.leave(new Error('one'))
    expect(signal?.aborted).toBe(false)
    second.leave(new Error('two'))
    expect(signal?.reason).toEqual(new Error('two'))
    never.open()
  })

  it('counts what was spent, joined and hit', async () => {
    const { calls, call, ledger } = open()
    const start = async () => sourceOf(['a'])
    await Promise.all([calls.open(call(start)), calls.open(call(start))])
    await new Promise((resolve) => setImmediate(resolve))
    await calls.open(call(start))
    expect(ledger.snapshot()).toMatchObject({ calls: 1, joined: 1, hits: 1, savedTokens: { inputTokens: 14 } })
  })

  it('that fails before it begins fails for all who wait, and is asked again by the next', async () => {
    const { calls, call } = open()
    const failing = call(() => Promise.reject(new Error('down')))
    const outcomes = await Promise.allSettled([calls.open(failing), calls.open(failing)])
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    expect((await calls.open(call(async () => sourceOf(['a'])))).from).toBe('provider')
  })

  it('that takes an hour is given up', async () => {
    const { calls, call, clock } = open()
    const asking = calls.open(call(() => new Promise(() => {})))
    await new Promise((resolve) => setImmediate(resolve))
    clock.advance('1h')
    await expect(asking).rejects.toMatchObject({ code: 'TIMEOUT' })
  })
})
