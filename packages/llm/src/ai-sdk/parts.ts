import type { Clock } from '@granary/core'
import type { CallInfo } from '../call-info.js'
import type { Pace } from '../call-policy.js'
import { type Loose, loose } from '../json.js'
import type { LiveStream } from '../live-stream.js'
import type { Opened } from '../recorded-calls.js'
import { replay } from '../replay.js'
import type { AnswerJudge } from './judge.js'

/** An answer in parts, as the AI SDK has them; a whole one is one part. */
export type Parts = Opened<undefined, Loose>

/** A result without what is about the one exchange that brought it. */
export function keptOf(result: object): Loose {
  const { request: _, response, ...rest } = result as Loose
  const { headers: __, body: ___, ...metadata } = loose(response)
  return { ...rest, response: metadata }
}

/** What is cached is frozen, and what the SDK gets is its own. */
export function withInfo(part: Loose, info: CallInfo): Loose {
  const { providerMetadata, ...rest } = structuredClone(part)
  return { ...rest, providerMetadata: { ...loose(providerMetadata), granary: { ...info } } }
}

/** The parts of an answer, at a pace. */
export function partsOf(
  { recording, live }: Parts,
  pace: Pace,
  clock: Clock,
  signal: AbortSignal | undefined,
): AsyncGenerator<Loose, void, undefined> {
  return recording === undefined ? (live as LiveStream<Loose>).follow(signal) : replay(recording, pace, clock, signal)
}

export async function* only(event: Loose): AsyncGenerator<{ event: Loose; last: boolean }> {
  yield { event, last: true }
}

export async function* judged(
  stream: ReadableStream<unknown>,
  judge: AnswerJudge,
): AsyncGenerator<{ event: Loose; last: boolean }> {
  for await (const part of stream) {
    const last = judge.part(loose(part))
    yield { event: loose(part), last }
    if (last) return
  }
}

export async function all(events: AsyncIterable<Loose>): Promise<Loose[]> {
  const found: Loose[] = []
  for await (const event of events) found.push(event)
  return found
}

export function asStream(
  parts: AsyncGenerator<Loose, void, undefined>,
  info: CallInfo,
  leave: (reason: unknown) => void,
): ReadableStream<Loose> {
  return new ReadableStream<Loose>(
    {
      async pull(controller) {
        try {
          const { done, value } = await parts.next()
          if (done) return controller.close()
          controller.enqueue(value.type === 'finish' ? withInfo(value, info) : structuredClone(value))
        } catch (error) {
          controller.error(error)
        }
      },
      cancel(reason) {
        leave(reason)
        void parts.return()
      },
    },
    { highWaterMark: 0 },
  )
}
