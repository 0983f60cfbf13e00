import { GranaryError } from '@granary/core'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Graph, type GraphEvent, type RetryPolicy } from '../src/index.js'
import { File, files, Note, Page, reader, splitter, told, worker } from './workers.js'

beforeEach(() => vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }))
afterEach(() => void vi.useRealTimers())

/** Runs a worker that fails so often, and gives the times of its attempts. */
async function attempts(
  failures: number,
  retry: RetryPolicy,
  error: (attempt: number) => unknown = () => new Error('busy'),
) {
  const times: number[] = []
  const events: GraphEvent[] = []
  const work = worker({
    name: 'work',
    from: File,
    to: [Note],
    async work(_, run) {
      times.push(performance.now())
      if (times.length <= failures) throw error(times.length)
      run.publishWork(Note({ text: 'done' }))
    },
  })
  const graph = new Graph({ entries: [work] }).limit(work, { retry }).collect(Note)
  const running = graph.run(files('a'), { onEvent: (event) => events.push(event) })
  await vi.advanceTimersByTimeAsync(3_600_000)
  const result = await running
  const delays = times.slice(1).map((time, i) => time - (times[i] ?? 0))
  return { result, delays, events, tries: times.length }
}

describe('G20: retries', () => {
  it('come after delays that grow, lengthened at random by up to twice, and no longer than the longest', async () => {
    const policy = { retries: 5, minDelay: '100ms', maxDelay: '1s', factor: 3 }
    const { delays, result } = await attempts(5, policy)
    expect(delays).toHaveLength(5)
    for (const [i, least] of [100, 300, 900].entries()) {
      expect(delays[i]).toBeGreaterThanOrEqual(Math.min(least, 1_000))
      expect(delays[i]).toBeLessThanOrEqual(Math.min(2 * least, 1_000))
    }
    expect(delays.slice(3)).toEqual([1_000, 1_000])
    expect(result).toMatchObject({ succeeded: 1, failed: 0 })
    expect(result.counts.get('work')).toEqual({ done: 1, published: 1, failed: 0, retried: 5, skipped: 0 })
    const others = await attempts(5, policy)
    expect(others.delays).not.toEqual(delays)
  })

  it('end with the last error, and with how often it was tried', async () => {
    const { result, events } = await attempts(9, { retries: 2 }, (attempt) => new Error(`failed ${attempt}`))
    expect(result.failures).toMatchObject([{ worker: 'work', attempts: 3, error: new Error('failed 3') }])
    expect(told(events)).toEqual([
      'input',
      'start work file',
      'retry work file',
      'retry work file',
      'fail work file',
      'finish',
    ])
  })

  it.each([
    ['what `when` refuses', new Error('no'), { when: () => false }],
    ['a fault in code', new TypeError('x is not a function'), {}],
    ["Granary's misuse", new GranaryError('UNDECLARED_OUTPUT', 'no'), {}],
  ])('are not made of %s', async (_, error, policy) => {
    expect((await attempts(1, { retries: 3, ...policy }, () => error)).tries).toBe(1)
  })

  it.each([
    ['a deadline that was missed', new GranaryError('TIMEOUT', 'late')],
    ['a network that failed', new TypeError('fetch failed')],
    ['what is no error', 'busy'],
  ])('are made of %s', async (_, error) => {
    expect((await attempts(1, { retries: 3 }, () => error)).tries).toBe(2)
  })

  it('are those of the graph, unless the worker has its own', async () => {
    const tries = new Map<string, number>()
    const failing = (name: string) =>
      worker({
        name,
        from: File,
        to: [],
        work: () => {
          tries.set(name, (tries.get(name) ?? 0) + 1)
          throw new Error('busy')
        },
      })
    const [one, two] = [failing('one'), failing('two')]
    const graph = new Graph({ entries: [one, two], retry: { retries: 2 } }).limit(two, { retry: { retries: 0 } })
    const running = graph.run(files('a'))
    await vi.advanceTimersByTimeAsync(60_000)
    await running
    expect(Object.fromEntries(tries)).toEqual({ one: 3, two: 1 })
  })

  it('wait without holding up others, also of their own worker', async () => {
    const split = splitter(5)
    const order: string[] = []
    const read = worker({
      name: 'read',
      from: Page,
      to: [],
      work({ number }) {
        order.push(`${number}`)
        if (number === 1 && order.length < 3) throw new Error('busy')
      },
    })
    const graph = new Graph({ entries: [split], concurrency: 1, retry: { retries: 1, minDelay: '1m', maxDelay: '1h' } })
    const running = graph.connect(split, read).run(files('a'))
    await vi.advanceTimersByTimeAsync(600_000)
    await running
    expect(order).toEqual(['1', '2', '3', '4', '5', '1'])
  })

  it('end at an abort, while they wait', async () => {
    const caller = new AbortController()
    const split = splitter(1)
    const graph = new Graph({ entries: [split], retry: { retries: 9, minDelay: '1h', maxDelay: '1d' } })
    graph.connect(split, reader('read', ['a1'])).ignore(Note)
    const events: GraphEvent[] = []
    const running = graph.run(files('a'), { signal: caller.signal, onEvent: (event) => events.push(event) })
    running.catch(() => {})
    await vi.advanceTimersByTimeAsync(1_000)
    caller.abort('enough')
    await expect(running).rejects.toBe('enough')
    expect(told(events).slice(-2)).toEqual(['retry read page', 'abort read page'])
    expect(vi.getTimerCount()).toBe(0)
  })
})
