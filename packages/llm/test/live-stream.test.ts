import { describe, expect, it } from 'vitest'
import { LiveStream } from '../src/live-stream.js'

async function all<T>(events: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = []
  for await (const event of events) found.push(event)
  return found
}

describe('a live stream', () => {
  it('gives every follower all events, whenever it came', async () => {
    const live = new LiveStream<string>()
    const early = all(live.follow())
    live.push(0, 'a')
    const between = all(live.follow())
    live.push(1, 'b')
    live.end()
    expect(await Promise.all([early, between, all(live.follow())])).toEqual(Array(3).fill(['a', 'b']))
    expect(live.events).toEqual([
      [0, 'a'],
      [1, 'b'],
    ])
  })

  it('that fails gives the events that there are, and then the error', async () => {
    const live = new LiveStream<string>()
    live.push(0, 'a')
    live.fail(new Error('cut'))
    live.end()
    const follower = live.follow()
    expect(await follower.next()).toEqual({ value: 'a', done: false })
    await expect(follower.next()).rejects.toThrow('cut')
  })

  it('lets a follower go that aborts, and only that', async () => {
    const live = new LiveStream<string>()
    const controller = new AbortController()
    const [leaves, stays] = [all(live.follow(controller.signal)), all(live.follow())]
    controller.abort(new Error('enough'))
    await expect(leaves).rejects.toThrow('enough')
    live.push(0, 'a')
    live.end()
    expect(await stays).toEqual(['a'])
    await expect(all(live.follow(controller.signal))).rejects.toThrow('enough')
  })
})
