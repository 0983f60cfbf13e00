/** How a stream of text is cut into events. */
export interface Framing {
  /** Takes the next piece of text and gives the events that are complete, each as it was sent. */
  push(text: string): string[]
  /** What is left at the end of the stream. */
  rest(): string
  /** The data of an event: what a reader is given; `undefined` for one without (a comment, a blank line). */
  data(event: string): string | undefined
}

/** Server-sent events (WHATWG HTML, 9.2): events end with a blank line. */
export function serverSentEvents(): Framing {
  return { ...cutAfter(/\r\n\r\n|\n\n|\r\r/g), data: dataOf }
}

/** Newline-delimited JSON. */
export function jsonLines(): Framing {
  return { ...cutAfter(/\n/g), data: (event) => event.trim() || undefined }
}

/** The framing that a content type names; `undefined` if it is no stream. */
export function framingOf(contentType: string): Framing | undefined {
  if (contentType.includes('text/event-stream')) return serverSentEvents()
  if (/ndjson|jsonlines|json-seq/.test(contentType)) return jsonLines()
  return undefined
}

function cutAfter(separator: RegExp): Pick<Framing, 'push' | 'rest'> {
  let left = ''
  return {
    push(text) {
      // A separator may begin in what was left: its last characters are looked at again.
      const from = Math.max(0, left.length - 3)
      left += text
      const events: string[] = []
      let begin = 0
      separator.lastIndex = from
      for (let match = separator.exec(left); match !== null; match = separator.exec(left)) {
        events.push(left.slice(begin, separator.lastIndex))
        begin = separator.lastIndex
      }
      if (begin > 0) left = left.slice(begin)
      return events
    },
    rest: () => left,
  }
}

function dataOf(event: string): string | undefined {
  const lines = event
    .split(/\r\n|\n|\r/)
    .filter((line) => line.startsWith('data:'))
    .map((line) => (line.startsWith('data: ') ? line.slice(6) : line.slice(5)))
  return lines.length === 0 ? undefined : lines.join('\n')
}
