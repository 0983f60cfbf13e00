import { describe, expect, it } from 'vitest'
import { framingOf, jsonLines, serverSentEvents } from '../src/framing.js'

/** All events of a text that comes in pieces of a size, and what is left. */
function cut(framing: ReturnType<typeof serverSentEvents>, text: string, size: number) {
  const events: string[] = []
  for (let at = 0; at < text.length; at += size) events.push(...framing.push(text.slice(at, at + size)))
  return { events, rest: framing.rest() }
}

describe('server-sent events', () => {
  const text = 'event: a\ndata: 1\n\ndata: 2\r\n\r\n: comment\n\ndata: 3\r\rdata:4\ndata: 5\n\ndata: left'
  const expected = ['event: a\ndata: 1\n\n', 'data: 2\r\n\r\n', ': comment\n\n', 'data: 3\r\r', 'data:4\ndata: 5\n\n']

  it.each([1, 2, 3, 5, 7, 1_000])('are cut alike in pieces of %i characters', (size) => {
    expect(cut(serverSentEvents(), text, size)).toEqual({ events: expected, rest: 'data: left' })
  })

  it('have data, of one line or several, or none', () => {
    const { data } = serverSentEvents()
    expect(expected.map(data)).toEqual(['1', '2', undefined, '3', '4\n5'])
  })
})

describe('lines of JSON', () => {
  it.each([1, 3, 1_000])('are cut alike in pieces of %i characters', (size) => {
    const { events, rest } = cut(jsonLines(), '{"a":1}\n\n{"b":2}\r\n{"c"', size)
    expect(events).toEqual(['{"a":1}\n', '\n', '{"b":2}\r\n'])
    expect(rest).toBe('{"c"')
    expect(events.map(jsonLines().data)).toEqual(['{"a":1}', undefined, '{"b":2}'])
  })
})

it('the content type says which', () => {
  const kinds = ['text/event-stream; charset=utf-8', 'application/x-ndjson', 'application/json'].map(
    (type) => framingOf(type)?.push('data: 1\n\n').length,
  )
  expect(kinds).toEqual([1, 2, undefined])
})
